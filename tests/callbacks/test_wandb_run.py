import logging
import struct
import time
from pathlib import Path

import pytest
from wandb.errors import CommError
from wandb.proto import wandb_internal_pb2

from embedlab.callbacks import WandbRun


def records(directory: Path) -> list:
    """What the offline runs of a run directory hold: protocol buffers in LevelDB's log format, blocks of 32 KiB."""
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


def of_kind(directory: Path, kind: str, runs: int) -> list:
    """Records of a kind, once the dashboard's own process has written the end of so many runs."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = [(record.WhichOneof("record_type"), record) for record in records(directory)]
        if sum(name == "exit" for name, _ in found) == runs:
            break
        time.sleep(0.2)
    return [getattr(record, kind) for name, record in found if name == kind]


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The directory of a job of a sweep."""
    job = tmp_path / "sweep" / "3"
    job.mkdir(parents=True)
    (tmp_path / "sweep" / "manifest.json").write_text("{}")
    (job / "overrides.yaml").write_text("- loss=triplet\n- seed=2\n")
    return job


def test_a_job_is_one_run_however_often_it_is_cut_off(job: Path) -> None:
    for exit_code in (1, 0):
        logger = WandbRun(str(job))
        logger.log_hyperparams({"loss.margin": 0.25})
        logger.log_metrics({"test/recall_at_1": 0.5}, step=7)
        logger.experiment.finish(exit_code=exit_code)
    runs = of_kind(job, "run", 2)
    assert len({run.run_id for run in runs}) == 1
    assert (runs[0].display_name, runs[0].run_group, runs[0].job_type) == (
        "3: loss=triplet seed=2", str(job.parent), "train",
    )  # fmt: skip
    assert sorted(runs[0].tags) == ["loss=triplet", "seed=2"]
    assert [record.exit_code for record in of_kind(job, "exit", 2)] == [1, 0]
    config = {update.key: update.value_json for record in of_kind(job, "config", 2) for update in record.update}
    assert config["loss.margin"] == "0.25"


def test_an_outage_never_stops_training(job: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    import wandb

    begin = wandb.init

    def init(**arguments):
        if arguments.get("mode") != "offline":
            raise CommError("no route to host")
        return begin(**arguments)

    monkeypatch.setattr(wandb, "init", init)
    logger = WandbRun(str(job), offline=False)
    with caplog.at_level(logging.WARNING, logger="embedlab.callbacks.wandb_run"):
        logger.log_metrics({"train/loss": 1.0}, step=1)
        logger.log_metrics({"train/loss": 0.5}, step=2)
    logger.experiment.finish()
    ours = [record for record in caplog.records if record.name == "embedlab.callbacks.wandb_run"]
    assert [record.getMessage() for record in ours] == [
        "Weights & Biases can't be reached (no route to host): this run is kept offline"
    ]
    assert len({run.run_id for run in of_kind(job, "run", 1)}) == 1
