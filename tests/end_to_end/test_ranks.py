"""Jobs on several ranks: from a notebook, on two nodes, and with a rank that dies or hangs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from embedlab.running.saved import evaluate, open_run

TINY = [
    "trainer.max_epochs=2", "trainer.enable_progress_bar=false", "sampler.classes_per_batch=4",
    "sampler.samples_per_class=2", "sampler.batches_per_epoch=3", "model.channels=4", "evaluation=quick", "threads=1",
    "trainer.precision=32-true",
]  # fmt: skip
OMNIGLOT = ["data.rotations=false"]
DDP = "trainer=ddp_cpu"


def status(run: Path) -> dict:
    return json.loads((run / "status.json").read_text())


def at_work(folder: Path) -> dict[int, str]:
    """The processes that work in this folder, each with its RANK."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder and (process / "cmdline").read_bytes():
                variables = dict(v.partition("=")[::2] for v in (process / "environ").read_text().split("\0"))
                found[int(process.name)] = variables.get("RANK", "")
        except OSError:
            continue
    return found


def until(condition, seconds: float):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return found


@pytest.fixture
def start(tmp_path):
    """Start a command and leave it running; its output goes to a file of that name."""
    started = []

    def run(*arguments: str, output: str = "output", **environment: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "embedlab.cli", *arguments]
        own = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", **environment}
        with (tmp_path / output).open("w") as file:
            started.append(subprocess.Popen(command, cwd=tmp_path, env=own, stdout=file, stderr=file))
        return started[-1]

    yield run
    for process in started:
        process.kill()


NOTEBOOK = """
from embedlab.cli import main
raise SystemExit(main(["train", *{arguments}]))
"""


def test_a_notebook_s_run_counts_every_row_once_and_only_rank_0_writes(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    sizes = {"train": (4, 4, 4, 4), "val": (3, 2, 2, 2), "test": (3, 3, 3, 2)}  # 9 and 11 rows on two ranks
    for split, classes in sizes.items():
        for number, size in enumerate(classes):
            folder = tmp_path / "data" / split / f"{split}{number}"
            folder.mkdir(parents=True)
            for image in range(size):
                pixels = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{image}.png")
    folder = ["data=image_folder", f"data.root={tmp_path}/data", "data.image_size=16", "data.eval_batch_size=4"]
    arguments = [*TINY, DDP, *folder, "logger=[csv,tensorboard,wandb]", "run_dir=run"]
    done = subprocess.run(
        [sys.executable, "-"], input=NOTEBOOK.format(arguments=arguments), cwd=tmp_path, text=True,
        capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    assert status(run)["status"] == "done"

    written = [path.relative_to(run) for path in run.rglob("*") if path.is_file()]
    assert len([path for path in written if path.name == "metrics.csv"]) == 1
    assert len({path.name.split(".")[-2] for path in written if "tfevents" in path.name}) == 1  # writing processes
    assert len([path for path in written if path.suffix == ".wandb"]) == 1
    assert (run / "dashboard_id").read_text() in "".join(path.name for path in written if path.suffix == ".wandb")
    steps = [json.loads(line)["step"] for line in (run / "history.jsonl").read_text().splitlines()]
    assert steps == [3, 6]  # one line of validation an epoch

    saved = open_run(run)
    with torch.no_grad():
        alone = torch.cat([saved.task(inputs) for inputs, _ in saved.data.test_dataloader()])
    with np.load(run / "evaluation" / "test.npz") as shared:
        np.testing.assert_allclose(shared["embeddings"], alone.numpy(), atol=1e-5)
        assert shared["labels"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    metrics = json.loads((run / "metrics.json").read_text())
    assert {name: m["value"] for name, m in metrics.items()} == pytest.approx(
        {name: estimate.value for name, estimate in evaluate(run).items()}, abs=1e-6
    )


def test_a_rank_that_is_killed_ends_its_job_at_once(start, tmp_path: Path) -> None:
    launcher = start("train", *TINY, *OMNIGLOT, DDP, "run_dir=run", "trainer.max_epochs=500")
    until(lambda: (tmp_path / "run/checkpoints/last.ckpt").is_file(), seconds=500)
    os.kill(next(pid for pid, rank in at_work(tmp_path).items() if rank == "1"), signal.SIGKILL)
    assert launcher.wait(60) == 1
    said = status(tmp_path / "run")
    assert said["status"] == "failed"
    assert said["error"].startswith("rank 1 was ended (SIGKILL): out of memory, most likely")
    assert not list((tmp_path / "run").glob("rank *"))
    until(lambda: not at_work(tmp_path), seconds=30)


SLEEPER = """
import time

import pytorch_lightning as pl


class Sleeper(pl.Callback):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def on_train_batch_start(self, trainer, *_) -> None:
        if trainer.global_rank == 1 and trainer.global_step == 2:
            time.sleep(self.seconds)
"""


def test_a_rank_that_hangs_fails_its_job_and_the_sweep_goes_on(embedlab, tmp_path: Path) -> None:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    sleeper = ["+callbacks.sleeper._target_=sleeper.Sleeper", "+callbacks.sleeper.seconds=600,0"]
    done = embedlab(
        "train", "-m", *TINY, *OMNIGLOT, DDP, *sleeper, "rank_timeout=20", "hydra.sweep.dir=sweep", timeout=500
    )
    assert done.returncode == 1, done.stderr
    hung, other = (status(tmp_path / "sweep" / str(job)) for job in range(2))
    assert (hung["status"], other["status"]) == ("failed", "done")
    assert hung["error"] == "rank 1 did not come within rank_timeout=20 seconds"
    assert "in on_train_batch_start\n    time.sleep(self.seconds)\n" in hung["traceback"]
    assert hung["seconds"] < 300
    until(lambda: not at_work(tmp_path), seconds=30)


def test_two_nodes_are_one_job(start, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    periodic = ["trainer/sync=periodic", "trainer.strategy.period=2"]
    nodes = ["trainer.devices=1", "trainer.num_nodes=2", "run_dir=run"]
    processes = [
        start(
            "train", *TINY, *OMNIGLOT, DDP, *periodic, *nodes, output=f"output{node}",
            NODE_RANK=str(node), MASTER_ADDR="127.0.0.1", MASTER_PORT=port,
        )
        for node in (1, 0)
    ]  # fmt: skip
    assert [process.wait(500) for process in processes] == [0, 0], (tmp_path / "output0").read_text()
    run = tmp_path / "run"
    assert status(run)["status"] == "done"
    assert status(run)["pid"] == processes[1].pid
    assert yaml.safe_load((run / "config.yaml").read_text())["trainer"]["strategy"]["period"] == 2
    assert "Report:" in (tmp_path / "output0").read_text()
    assert "Report:" not in (tmp_path / "output1").read_text()
    steps = [json.loads(line)["step"] for line in (run / "history.jsonl").read_text().splitlines()]
    assert steps == [3, 6]  # of global batches, each shared by both nodes


@pytest.mark.skipif(not torch.cuda.is_available(), reason="weights are sharded on GPUs only")
def test_a_sharded_run_is_tested_and_evaluated_like_any_other(embedlab, tmp_path: Path) -> None:
    devices = min(torch.cuda.device_count(), 2)
    done = embedlab("train", *TINY, *OMNIGLOT, "trainer=fsdp", f"trainer.devices={devices}", "run_dir=run")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert {name: m["value"] for name, m in metrics.items()} == pytest.approx(
        {name: estimate.value for name, estimate in evaluate(tmp_path / "run").items()}, abs=1e-3
    )
