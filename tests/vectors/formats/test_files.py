import errno
import os
from pathlib import Path

import pytest

from embedlab.errors import BadInput
from embedlab.vectors import FORMATS, save
from embedlab.vectors.formats.files import replacing

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "safetensors"])
def test_without_space_the_old_file_stays(name, with_subwords, tmp_path, monkeypatch):
    """Written to where no byte fits; safetensors, which writes beside and renames itself, has its own test."""
    path = tmp_path / f"old{FORMATS[name].suffix}"
    path.write_text("old")
    (tmp_path / "temporary").symlink_to(FULL)
    monkeypatch.setattr(Path, "with_name", lambda self, _: tmp_path / "temporary")
    with pytest.raises(BadInput, match=r"old\.\w+: No space left on device.*; the old file is as it was") as raised:
        save(with_subwords, path, name)
    assert "\n" not in str(raised.value)
    assert path.read_text() == "old"


def test_an_error_midway_leaves_nothing_behind(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def write():
        with replacing(path) as temporary:
            temporary.write_text("new, but not all")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(BadInput, match="No space left on device; the old file is as it was"):
        write()
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "old"


def test_a_folder_that_is_not_there(vectors, tmp_path):
    with pytest.raises(BadInput, match=r"none/v\.txt: No such file or directory$"):
        save(vectors, tmp_path / "none" / "v.txt")
