"""Sweeps that cannot be, or can't go on: one line that names the way on, exit status 2, no traceback, nothing lost."""

import fcntl
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch

TINY = [
    "trainer.max_epochs=1", "trainer.enable_progress_bar=false", "sampler.classes_per_batch=4",
    "sampler.samples_per_class=2", "sampler.batches_per_epoch=2", "model.channels=4", "evaluation=quick",
    "data.rotations=false", "threads=1",
]  # fmt: skip
SWEEP = ["train", "-m", *TINY, "seed=1,2", "hydra.sweep.dir=sweep"]


def complaint(process: subprocess.CompletedProcess) -> str:
    """The one line, after checking that it is one and the status is 2."""
    assert process.returncode == 2, process.stdout + process.stderr
    assert "Traceback" not in process.stderr + process.stdout
    lines = [line for line in process.stderr.splitlines() if line.startswith("embedlab: ")]
    assert len(lines) == 1, process.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (json.dumps({"cwd": "/", "arguments": [], "jobs": []}).encode(), "holds another sweep; give this one its own"),
        (b'{"cwd": "/tmp", "jo', "manifest.json: damaged; remove it"),
        (bytes(range(256)), "manifest.json: damaged; remove it"),
    ],
)
def test_a_folder_of_another_sweep_or_with_a_damaged_plan(command, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "manifest.json").write_bytes(content)
    assert says in complaint(command(*SWEEP))
    if "damaged" in says:
        assert says in complaint(command("sweep", "sweep", "--resume"))
    assert (tmp_path / "sweep" / "manifest.json").read_bytes() == content
    assert not (tmp_path / "sweep" / "0").exists()


def test_a_sweep_that_another_process_is_at_work_on(command, tmp_path: Path) -> None:
    (tmp_path / "sweep").mkdir()
    with (tmp_path / "sweep" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another process is at work on this sweep" in complaint(command(*SWEEP))


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("loss=triplet,tripet", "loss=tripet: no such loss; did you mean triplet?"),
        ("loss.margn=1,2", "did you mean loss.margin?"),
        ("trainer.devices=1,many", "trainer.devices=many"),
        ("trainer=cpu,gpu", "trainer.accelerator=gpu: no GPU is here; trainer=cpu or trainer=ddp_cpu does without"),
    ],
)
def test_what_is_wrong_with_any_job_is_said_before_the_first(
    command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, override: str, says: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert says in complaint(command(*SWEEP, override))
    assert not (tmp_path / "sweep").exists()


def test_one_run_on_a_gpu_that_is_not_there(command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert "trainer=cpu" in complaint(command("train", *TINY, "trainer=gpu", "run_dir=run"))


@pytest.mark.parametrize("place", ["file", "file/below", "/sys/sweep"])
def test_a_folder_that_cannot_be_written(command, tmp_path: Path, place: str) -> None:
    if place.startswith("/") and not Path(place).parent.is_dir():
        pytest.skip(f"{place}: Linux has it")
    (tmp_path / "file").touch()
    for arguments in (["-m", "seed=1,2", f"hydra.sweep.dir={place}"], [f"run_dir={place}"]):
        line = complaint(command("train", *arguments, *TINY))
        assert place.removesuffix("/below") in line
        assert "a folder that can be written: run_dir=PATH, of a sweep hydra.sweep.dir=PATH" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk(command, tmp_path: Path) -> None:
    """The file that becomes the plan lies on a device that is always full."""
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / f".manifest.json.{os.getpid()}").symlink_to("/dev/full")
    line = complaint(command(*SWEEP))
    assert f"{tmp_path}/sweep/manifest.json: No space left on device; make room there" in line
    assert [path.name for path in (tmp_path / "sweep").iterdir()] == [".lock"]


def test_a_disk_that_fills_up_during_a_sweep(embedlab, tmp_path: Path) -> None:
    """First no checkpoint can be written, so that job has failed; then nothing of a job can, so the sweep stops."""
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "1").touch()
    most = 16 * 1024  # bytes of a file
    stopped = subprocess.run(
        [sys.executable, "-m", "embedlab.cli", *SWEEP], cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )  # fmt: skip
    assert f"{tmp_path}/sweep/1: File exists" in complaint(stopped)
    assert f"Go on with: embedlab sweep {tmp_path}/sweep --resume" in stopped.stderr
    failed = json.loads((tmp_path / "sweep/0/status.json").read_text())
    assert failed["status"] == "failed"
    assert "File too large; make room there" in failed["error"]
    assert len(json.loads((tmp_path / "sweep/manifest.json").read_text())["jobs"]) == 2

    (tmp_path / "sweep" / "1").unlink()
    done = embedlab("sweep", "sweep", "--retry-failed")
    assert done.returncode == 0, done.stderr
    assert "2 of 2 jobs done." in done.stdout


@pytest.mark.parametrize("asked", ["sweep", "report", "dashboard"])
def test_what_is_no_sweep(command, tmp_path: Path, asked: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for place in ("nowhere", "empty", "file"):
        assert place in complaint(command(asked, place))


def test_one_run_is_no_sweep(command, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "status.json").write_text("{}")
    assert "one run, no sweep; go on with it by embedlab resume run" in complaint(command("sweep", "run"))
