"""Sweeps that are killed, fail in parts, and are gone on with: the commands as a user types them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TINY = [
    "trainer.max_epochs=2", "trainer.enable_progress_bar=false", "sampler.classes_per_batch=4",
    "sampler.samples_per_class=2", "sampler.batches_per_epoch=3", "model.channels=4", "evaluation=quick",
    "data.rotations=false", "threads=1",
]  # fmt: skip
SWEEP = ["train", "-m", *TINY, "loss=triplet,arcface", "seed=1,2"]
LONG = ["trainer.max_epochs=5", "hydra.sweep.dir=sweep"]


def metrics(directory: Path, jobs: int = 4) -> list[dict]:
    return [json.loads((directory / str(n) / "metrics.json").read_text()) for n in range(jobs)]


def status(directory: Path) -> dict:
    try:
        return json.loads((directory / "status.json").read_text())
    except (OSError, ValueError):
        return {}


def until(condition, seconds: float = 300):
    """What the condition gives, once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail("waited in vain")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def start(tmp_path):
    """Start a command and leave it running."""
    started = []

    def run(*arguments: str) -> subprocess.Popen:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        command = [sys.executable, "-m", "embedlab.cli", *arguments]
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(
                command, cwd=tmp_path, env=environment, stdout=output, stderr=output,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job of a shell has none
            )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> list[dict]:
    """The metrics of the sweep that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    done = subprocess.run(
        [sys.executable, "-m", "embedlab.cli", *SWEEP, *LONG], cwd=folder, check=False, capture_output=True, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[4/4] 3: loss=arcface seed=2" in done.stdout
    assert "(0 left; best so far" in done.stdout
    return metrics(folder / "sweep")


def test_a_sweep_killed_whole_goes_on_and_ends_the_same(embedlab, start, tmp_path, whole) -> None:
    sweep = tmp_path / "sweep"
    launcher = start(*SWEEP, *LONG)
    job = until(lambda: (sweep / "1/checkpoints/last.ckpt").is_file() and status(sweep / "1").get("pid"))
    launcher.kill()
    until(lambda: not alive(job), seconds=10)

    shown = embedlab("sweep", "sweep", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "1 done, 1 interrupted, 2 planned" in " ".join(shown.stdout.split())
    assert shown.stdout.count("→ to run") == 3

    finished = status(sweep / "0")["finished"]
    done = embedlab("sweep", "sweep", "--resume")
    assert done.returncode == 0, done.stderr
    assert metrics(sweep) == whole
    assert status(sweep / "0")["finished"] == finished  # not run again
    assert "nothing left to run" in embedlab("sweep", "sweep", "--resume").stdout


def test_a_killed_job_fails_alone_and_is_run_again_when_asked(embedlab, start, tmp_path, whole) -> None:
    sweep = tmp_path / "sweep"
    launcher = start(*SWEEP, *LONG)
    until(lambda: (sweep / "1/checkpoints/last.ckpt").is_file())
    os.kill(status(sweep / "1")["pid"], signal.SIGKILL)
    assert launcher.wait(240) == 1
    assert [status(sweep / str(n))["status"] for n in range(4)] == ["done", "failed", "done", "done"]
    assert "out of memory, most likely; try sampler.classes_per_batch=2" in status(sweep / "1")["error"]
    assert "1 failed: the process of this job was ended (SIGKILL)" in (tmp_path / "output").read_text()

    assert "nothing left to run" in embedlab("sweep", "sweep", "--resume").stdout
    shutil.rmtree(sweep / "3")  # a directory deleted by hand is a job to run
    assert "2 done, 1 failed, 1 planned" in embedlab("sweep", "sweep").stdout
    assert embedlab("sweep", "sweep", "--retry-failed").returncode == 0
    assert metrics(sweep) == whole


def test_an_interrupted_sweep_says_how_to_go_on(start, tmp_path) -> None:
    launcher = start(*SWEEP, *LONG)
    until(lambda: (tmp_path / "sweep/0/status.json").exists())
    launcher.send_signal(signal.SIGINT)
    assert launcher.wait(60) == 130
    assert f"Go on with: embedlab sweep {tmp_path}/sweep --resume" in (tmp_path / "output").read_text()


@pytest.mark.parametrize(
    ("plugin", "launcher"),
    [
        (None, ["hydra.launcher.jobs=2"]),
        ("hydra_plugins.hydra_joblib_launcher", ["launch=joblib", "hydra.launcher.n_jobs=2"]),
        ("hydra_plugins.hydra_submitit_launcher", ["launch=slurm_local"]),
        ("ray", ["launch=ray"]),
    ],
)
def test_jobs_at_once_end_as_one_after_the_other(embedlab, tmp_path, whole, plugin, launcher) -> None:
    if plugin:
        pytest.importorskip(plugin)
    done = embedlab(*SWEEP[:-2], "loss=triplet", "seed=1,2", *LONG, *launcher)
    assert done.returncode == 0, done.stderr
    assert metrics(tmp_path / "sweep", jobs=2) == whole[:2]


def test_what_slurm_is_asked_for(command, tmp_path, monkeypatch) -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    from submitit.core.utils import FailedJobError

    slurm = [
        *SWEEP,
        "hydra.sweep.dir=sweep",
        "launch=slurm",
        "hydra.launcher.partition=gpu",
        "hydra.launcher.mem_gb=24",
    ]
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        nowhere = command(*slurm)
    assert nowhere.returncode == 2
    assert "no Slurm here (no srun); launch=slurm_local" in nowhere.stderr

    tools = tmp_path / "bin"
    tools.mkdir()
    for tool, does in (("srun", "exit 0"), ("sbatch", f"cp $1 {tmp_path}/script; exit 1")):
        (tools / tool).write_text(f"#!/bin/sh\n{does}\n")
        (tools / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    with pytest.raises(FailedJobError):
        command(*slurm)
    asked = set(re.findall(r"#SBATCH (--\S+)", (tmp_path / "script").read_text()))
    assert {
        "--partition=gpu", "--mem=24GB", "--time=240", "--gpus-per-node=1", "--cpus-per-task=8", "--nodes=1",
        "--array=0-3%4", "--signal=USR2@120",
    } <= asked  # fmt: skip


def test_the_first_failure_stops_a_sweep_that_is_to_fail_fast(embedlab, tmp_path) -> None:
    done = embedlab("train", "-m", *TINY, "loss.margin=-1,0.2", "sweep.fail_fast=true", "hydra.sweep.dir=sweep")
    assert done.returncode == 1
    assert status(tmp_path / "sweep/0")["status"] == "failed"
    assert not (tmp_path / "sweep/1").exists()


def test_a_search_goes_on_where_it_stood_and_says_what_is_best(embedlab, tmp_path) -> None:
    pytest.importorskip("optuna")
    search = ["train", "-m", *TINY, "loss=triplet", "+sweep=margins", "hydra.sweep.dir=sweep", "seed=7"]
    first = embedlab(*search, "hydra.sweeper.n_trials=2")
    assert first.returncode == 0, first.stderr
    done = embedlab(*search, "hydra.sweeper.n_trials=3")
    assert done.returncode == 0, done.stderr
    assert "2: val/recall_at_1" in done.stdout
    assert "1: val/recall_at_1" not in done.stdout  # not run again

    sweep = tmp_path / "sweep"
    jobs = json.loads((sweep / "manifest.json").read_text())["jobs"]
    margins = [next(o for o in job["overrides"] if o.startswith("loss.margin=")) for job in jobs]
    assert len(set(margins)) == 3
    logged = [
        max(json.loads(line).get("val/recall_at_1", 0) for line in (sweep / str(n) / "history.jsonl").open())
        for n in range(3)
    ]
    command = (sweep / "best.txt").read_text()
    assert margins[logged.index(max(logged))] in command
    assert "sweep" not in command
