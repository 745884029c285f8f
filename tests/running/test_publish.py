"""A run with every dashboard at once: what each of them has of its results."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from embedlab.running.launch import launch
from embedlab.running.publish import publish
from embedlab.running.rundir import RunDir

FIGURES = {"map_0", "neighbours_0", "validation"}  # of so short a run


def test_every_dashboard_has_the_results_of_a_run(compose, tmp_path: Path, wandb_records) -> None:
    mlflow = pytest.importorskip("mlflow", reason="extra not installed: embedlab[mlflow]")
    directory = tmp_path / "sweep" / "0"
    directory.mkdir(parents=True)
    (tmp_path / "sweep" / "manifest.json").write_text("{}")
    config = compose("logger=[tensorboard,wandb,mlflow]", "trainer.max_epochs=1", directory=directory)
    run = RunDir(directory)
    launch(config, run, ["loss=triplet"])
    metrics = {key: value["value"] for key, value in run.read_json("metrics.json").items()}
    with np.load(directory / "evaluation" / "test.npz") as arrays:
        vectors = arrays["embeddings"][arrays["thumbnail_rows"]]

    summary = {name(u): u.value_json for r in wandb_records(directory, "summary", 1) for u in r.update}
    assert {key: json.loads(summary[key]) for key in metrics} == pytest.approx(metrics)
    logged = {name(item) for record in wandb_records(directory, "history", 1) for item in record.item}
    assert {f"figures/{figure}" for figure in FIGURES} | {"confusions", "projector"} <= logged
    tables = {artifact.name.split("-")[-1] for artifact in wandb_records(directory, "artifact", 1)}
    assert tables == {"confusions", "projector"}

    (embedding,) = projector(directory / "tensorboard").embeddings
    assert embedding.metadata_path == "metadata.tsv"
    assert embedding.sprite.image_path == "sprite.png"
    np.testing.assert_allclose(np.loadtxt(directory / "tensorboard" / "tensors.tsv"), vectors, rtol=1e-5, atol=1e-6)

    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/sweep/mlflow.db")
    (kept,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    assert kept.info.status == "FINISHED"
    assert {key: kept.data.metrics[key] for key in metrics} == pytest.approx(metrics)
    stored = {
        file.path
        for folder in ("figures", "projector", None)
        for file in client.list_artifacts(kept.info.run_id, folder)
    }
    assert {f"figures/{figure}.png" for figure in FIGURES} | {"projector/tensors.tsv", "confusions.json"} <= stored


def name(item) -> str:
    """The key of a record, or the first of nested ones."""
    return item.key or item.nested_key[0]


def projector(folder: Path):
    """The config of the embedding projector, as TensorBoard reads it."""
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    return text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())


def test_a_dashboard_that_fails_at_the_end_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from pytorch_lightning.loggers import TensorBoardLogger

    run = RunDir(tmp_path)
    (tmp_path / "evaluation").mkdir()
    arrays = {"embeddings": np.eye(2), "labels": np.arange(2), "thumbnail_rows": np.arange(2)}
    np.savez(tmp_path / "evaluation" / "test.npz", **arrays, thumbnails=np.ones((2, 4)))  # no images
    with caplog.at_level(logging.WARNING):
        publish(run, [TensorBoardLogger(tmp_path)])
    (said,) = caplog.records
    assert said.getMessage().startswith("TensorBoardLogger: figures and tables of the run left out (")
