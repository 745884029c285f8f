"""What many tests need: a composed config small enough to train in seconds, and the real data if it is there."""

import logging
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import hydra
import pytest

from embedlab.cli import main
from embedlab.running.catalog import conf_dir

TINY = [
    "name=tiny",
    "trainer.max_epochs=2",
    "trainer.enable_progress_bar=false",
    "sampler.classes_per_batch=4",
    "sampler.samples_per_class=2",
    "sampler.batches_per_epoch=3",
    "model.channels=4",
    "data.rotations=false",
    "evaluation=quick",
    "threads=1",
]


def pytest_collection_modifyitems(items):
    """The files that take longest first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)  # stable: the rest keeps its order


@pytest.fixture
def compose(tmp_path):
    """``compose(*overrides)``: the config of a tiny run in a directory of its own, as `embedlab train` composes it."""

    def composed(*overrides: str, directory: Path = tmp_path / "run"):
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            config = hydra.compose("train", [*TINY, f"run_dir={directory}", *overrides])
        return config

    return composed


class Killed(Exception):  # noqa: N818
    """Stands for a kill signal."""


@pytest.fixture
def train_until_killed(monkeypatch):
    """``train_until_killed(config, run, step)``: trains, and dies after that step."""
    import pytorch_lightning as pl  # not by tests that do without it

    from embedlab.running import train as training

    class KillAt(pl.Callback):
        def __init__(self, step):
            self.step = step

        def on_train_batch_end(self, trainer, *_):
            if trainer.global_step == self.step:
                raise Killed

    def train(config, run, step):
        build = training.build_trainer

        def with_kill(config):
            trainer = build(config)
            trainer.callbacks.append(KillAt(step))
            return trainer

        with monkeypatch.context() as patch:
            patch.setattr(training, "build_trainer", with_kill)
            with pytest.raises(Killed):
                training.train(config, run)

    return train


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of the real data sets; tests that need them are skipped where it is not given."""
    root = os.environ.get("EMBEDLAB_DATA")
    if not root:
        pytest.skip("EMBEDLAB_DATA is not set: the real data sets are not here")
    return Path(root)


@pytest.fixture
def embedlab(tmp_path):
    """``embedlab(*arguments)``: the command as a user types it, in an empty folder; the finished process."""

    def run(*arguments: str, cwd: Path = tmp_path, timeout: float = 240, **environment: str):
        return subprocess.run(
            [sys.executable, "-m", "embedlab.cli", *arguments], cwd=cwd, capture_output=True, text=True,
            timeout=timeout, env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", **environment}, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def wandb_records():
    """``wandb_records(directory, kind, runs)``: the records of a kind that the offline runs of a run directory hold.

    It waits until the dashboard's own process has written the end of so many runs.
    """

    def of_kind(directory: Path, kind: str, runs: int) -> list:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = [(record.WhichOneof("record_type"), record) for record in _records(directory)]
            if sum(name == "exit" for name, _ in found) == runs:
                break
            time.sleep(0.2)
        return [getattr(record, kind) for name, record in found if name == kind]

    return of_kind


def _records(directory: Path) -> list:
    """Protocol buffers in LevelDB's log format, blocks of 32 KiB."""
    from wandb.proto import wandb_internal_pb2

    found = []
    for file in sorted(directory.glob("wandb/offline-run-*/*.wandb")):
        data, at, record = file.read_bytes(), 7, b""
        while at + 7 <= len(data):
            if (left := 32768 - at % 32768) < 7:  # no header fits: the block is padded
                at += left
                continue
            length, kind = struct.unpack_from("<HB", data, at + 4)
            record += data[at + 7 : at + 7 + length]
            at += 7 + length
            if kind in (1, 4):  # a whole record, or the last part of one
                found.append(wandb_internal_pb2.Record())
                found[-1].ParseFromString(record)
                record = b""
    return found


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """``command(*arguments)``: as ``embedlab``, but in this process, which saves its start; for what ends early."""

    def run(*arguments: str):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
        root = logging.getLogger()
        before, level = [*root.handlers], root.level
        capsys.readouterr()
        try:
            code = main(arguments)
        finally:
            for handler in root.handlers:
                if handler not in before:
                    handler.close()
            root.handlers[:] = before
            root.setLevel(level)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run
