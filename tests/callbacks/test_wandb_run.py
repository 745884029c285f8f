import logging
from pathlib import Path

import pytest
from wandb.errors import CommError

from embedlab.callbacks import WandbRun


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The directory of a job of a sweep."""
    job = tmp_path / "sweep" / "3"
    job.mkdir(parents=True)
    (tmp_path / "sweep" / "manifest.json").write_text("{}")
    (job / "overrides.yaml").write_text("- loss=triplet\n- seed=2\n")
    return job


def test_a_job_is_one_run_however_often_it_is_cut_off(job: Path, wandb_records) -> None:
    for exit_code in (1, 0):
        logger = WandbRun(str(job))
        logger.log_hyperparams({"loss.margin": 0.25})
        logger.log_metrics({"test/recall_at_1": 0.5}, step=7)
        logger.experiment.finish(exit_code=exit_code)
    runs = wandb_records(job, "run", 2)
    assert len({run.run_id for run in runs}) == 1
    assert (runs[0].display_name, runs[0].run_group, runs[0].job_type) == (
        "3: loss=triplet seed=2", str(job.parent), "train",
    )  # fmt: skip
    assert sorted(runs[0].tags) == ["loss=triplet", "seed=2"]
    assert [record.exit_code for record in wandb_records(job, "exit", 2)] == [1, 0]
    config = {update.key: update.value_json for record in wandb_records(job, "config", 2) for update in record.update}
    assert config["loss.margin"] == "0.25"


def test_an_outage_never_stops_training(job: Path, monkeypatch: pytest.MonkeyPatch, caplog, wandb_records) -> None:
    import wandb

    begin = wandb.init

    def init(**arguments):
        if arguments.get("mode") != "offline":
            raise CommError("no route to host")
        return begin(**arguments)

    monkeypatch.setattr(wandb, "init", init)
    monkeypatch.setattr(wandb, "login", lambda prompt: True)
    logger = WandbRun(str(job), offline=False)
    with caplog.at_level(logging.WARNING, logger="embedlab.callbacks.wandb_run"):
        logger.log_metrics({"train/loss": 1.0}, step=1)
        logger.log_metrics({"train/loss": 0.5}, step=2)
    logger.experiment.finish()
    ours = [record for record in caplog.records if record.name == "embedlab.callbacks.wandb_run"]
    assert [record.getMessage() for record in ours] == [
        "Weights & Biases can't be reached (no route to host): this run is kept offline"
    ]
    assert len({run.run_id for run in wandb_records(job, "run", 1)}) == 1


def test_a_missing_login_never_stops_training(job: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("NETRC", str(job / "none"))
    logger = WandbRun(str(job), offline=False)
    with caplog.at_level(logging.WARNING, logger="embedlab.callbacks.wandb_run"):
        logger.log_metrics({"train/loss": 1.0}, step=1)
    logger.experiment.finish()
    assert [record.getMessage() for record in caplog.records if record.name == "embedlab.callbacks.wandb_run"] == [
        "Weights & Biases can't be reached (nobody is logged in: wandb login): this run is kept offline"
    ]
    assert len(list(job.glob("wandb/offline-run-*"))) == 1
