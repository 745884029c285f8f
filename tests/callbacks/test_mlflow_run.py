import multiprocessing
from pathlib import Path

import pytest

from embedlab.callbacks import MlflowRun

mlflow = pytest.importorskip("mlflow", reason="extra not installed: embedlab[mlflow]")


def test_a_job_is_one_run_of_its_sweep_however_often_it_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    for job in ("0", "1"):
        (tmp_path / job).mkdir()
        (tmp_path / job / "overrides.yaml").write_text(f"- loss=triplet\n- seed={job}\n")
    for job, epochs, exit_code in (("0", 10, 1), ("0", 20, 0), ("1", 10, 1)):
        logger = MlflowRun(str(tmp_path / job))
        logger.log_hyperparams({"trainer.max_epochs": epochs, "loss.margin": 0.25})
        assert logger.experiment.get_run(logger.run_id).info.status == "RUNNING"
        logger.log_metrics({"test/recall_at_1": epochs / 40}, step=7)
        logger.finalize("success")  # as Lightning says after each of its stages
        assert logger.experiment.get_run(logger.run_id).info.status == "RUNNING"
        logger.close(exit_code)
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    (experiment,) = [e for e in client.search_experiments() if e.name != "Default"]
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert {name: run.info.status for name, run in runs.items()} == {
        "0: loss=triplet seed=0": "FINISHED", "1: loss=triplet seed=1": "FAILED",
    }  # fmt: skip
    first = runs["0: loss=triplet seed=0"].data
    assert first.metrics == {"test/recall_at_1": 0.5}
    assert (first.params["loss.margin"], first.params["trainer.max_epochs"]) == ("0.25", "10")  # MLflow keeps the first
    assert (first.tags["loss"], first.tags["seed"]) == ("triplet", "0")


def test_jobs_that_come_at_once_share_a_new_store(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    processes = multiprocessing.get_context("fork")
    jobs = [processes.Process(target=begin, args=(str(tmp_path / job),)) for job in ("0", "1", "2")]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0, 0, 0]
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    found = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    assert sorted(run.info.run_name for run in found) == ["0", "1", "2"]


def begin(directory: str) -> None:
    MlflowRun(directory).log_metrics({"train/loss": 1.0}, step=1)
