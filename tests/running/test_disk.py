import errno
from pathlib import Path

import pytest

from embedlab.running.disk import refused
from embedlab.running.rundir import RunDir

FULL = Path("/dev/full")


def test_the_file_the_reason_and_the_mend() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "a/b")
    assert str(refused(full)).startswith("a/b: No space left on device; make room there, then go on")
    closed = OSError(errno.EROFS, "Read-only file system", "a")
    assert "a folder that can be written: run_dir=PATH" in str(refused(closed))


def test_what_caused_an_error_counts() -> None:
    wrapped = ValueError("Unable to configure handler 'file'")
    wrapped.__cause__ = PermissionError(errno.EACCES, "Permission denied", "train.log")
    assert str(refused(wrapped)).startswith("train.log: Permission denied; ")


@pytest.mark.parametrize(
    "error", [ValueError("x"), FileNotFoundError(errno.ENOENT, "No such file"), OSError("x"), None]
)
def test_another_error_is_not_told_so(error) -> None:
    assert refused(error) is None


@pytest.mark.skipif(not FULL.exists(), reason="Linux has it")
def test_a_write_that_fails_leaves_what_was_there_and_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunDir(tmp_path)
    run.started()
    monkeypatch.setattr("os.getpid", lambda: 1)
    (tmp_path / ".status.json.1").symlink_to(FULL)
    with pytest.raises(OSError, match="No space left on device") as caught:
        run.finished(1.0)
    assert caught.value.filename == str(tmp_path / "status.json")
    assert run.read_json("status.json")["status"] == "running"
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]
