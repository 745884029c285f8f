"""Synthetic run and sweep directories, written by the documented format alone."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

LOSSES = ("contrastive", "triplet", "center", "arcface")


def write_run(
    directory: Path,
    loss: str,
    seed: int,
    metrics: dict[str, float],
    *,
    classes: int = 24,
    per_class: int = 20,
    dim: int = 16,
) -> Path:
    """A finished run with clustered embeddings and glyph-like thumbnails."""
    random = np.random.default_rng([LOSSES.index(loss), seed])
    (directory / "evaluation").mkdir(parents=True)
    config = {"name": "omniglot", "seed": seed, "loss": {"_target_": f"embedlab.losses.{loss}"}}
    (directory / "config.yaml").write_text(yaml.safe_dump(config))
    overrides = [f"loss={loss}", f"seed={seed}", "experiment=omniglot"]
    (directory / "overrides.yaml").write_text(yaml.safe_dump(overrides))
    status = {"status": "done", "seconds": 60.0 + seed, "error": None, "traceback": None}
    (directory / "status.json").write_text(json.dumps(status))
    environment = {
        "git_commit": "0123456789abcdef+changes",
        "versions": {"torch": "2.11.0"},
        "hardware": {"processor": "Some CPU", "cores": 2, "gpus": ["Some GPU", "Some GPU"]},
        "peak_memory_bytes": 1 << 30,
    }
    (directory / "environment.json").write_text(json.dumps(environment))
    entries = {name: {"value": v, "low": v - 0.01, "high": v + 0.01} for name, v in metrics.items()}
    (directory / "metrics.json").write_text(json.dumps(entries))
    with (directory / "history.jsonl").open("w") as file:
        for step in range(0, 400, 10):
            print(json.dumps({"step": step, "epoch": step // 100, "train/loss": 2 ** (-step / 90)}), file=file)
            if step % 100 == 0:
                print(
                    json.dumps({"step": step, "epoch": step // 100, "val/recall_at_1": 0.9 - 2 ** (-step / 90) / 2}),
                    file=file,
                )
    np.savez(directory / "evaluation" / "test.npz", **evaluation(random, classes, per_class, dim))
    return directory


def evaluation(random: np.random.Generator, classes: int, per_class: int, dim: int) -> dict[str, np.ndarray]:
    labels = np.repeat(np.arange(classes), per_class)
    centers = random.normal(size=(classes, dim))
    embeddings = (centers[labels] + 0.5 * random.normal(size=(len(labels), dim))).astype(np.float32)
    glyphs = random.random((classes, 28, 28)) < 0.12
    thumbnails = np.where(glyphs[labels] ^ (random.random((len(labels), 28, 28)) < 0.01), 0, 255).astype(np.uint8)
    first, second = random.integers(len(labels), size=(2, 3000))
    distances = np.linalg.norm(embeddings[first] - embeddings[second], axis=1)
    same = labels[first] == labels[second]
    thresholds = np.sort(distances)
    far = np.searchsorted(np.sort(distances[~same]), thresholds, side="right") / (~same).sum()
    tar = np.searchsorted(np.sort(distances[same]), thresholds, side="right") / same.sum()
    return {
        "embeddings": embeddings, "labels": labels, "class_names": np.array([f"glyph {i}" for i in range(classes)]),
        "thumbnail_rows": np.arange(len(labels)), "thumbnails": thumbnails,
        "far": far, "tar": tar, "thresholds": thresholds,
        "pair_distances": distances, "pair_same": same, "threshold": np.float64(thresholds[np.argmax(tar - far)]),
    }  # fmt: skip


@pytest.fixture
def make_run() -> Callable[..., Path]:
    return write_run


@pytest.fixture
def make_sweep() -> Callable[[Path, dict[str, tuple[float, ...]]], Path]:
    """A small finished sweep with these values of Recall@1 for each loss, seed by seed, and EER their complement."""

    def write(directory: Path, scores: dict[str, tuple[float, ...]]) -> Path:
        for loss, values in scores.items():
            for seed, value in enumerate(values):
                metrics = {"test/recall_at_1": value, "test/eer": 1 - value}
                write_run(directory / f"{loss}{seed}", loss, seed, metrics, classes=2, per_class=2)
        return directory

    return write


@pytest.fixture
def make_grid() -> Callable[[Path, list[dict[str, str]], list[float]], Path]:
    """A sweep of finished jobs with these overrides and values of Recall@1, EER their complement, without pictures."""

    def write(directory: Path, settings: list[dict[str, str]], values: list[float]) -> Path:
        for job, (overrides, value) in enumerate(zip(settings, values, strict=True)):
            (directory / str(job)).mkdir(parents=True)
            lines = "".join(f"- {key}={setting}\n" for key, setting in overrides.items())
            (directory / str(job) / "overrides.yaml").write_text(lines)
            (directory / str(job) / "status.json").write_text('{"status": "done", "seconds": 1.0}')
            entries = {"test/recall_at_1": {"value": value}, "test/eer": {"value": 1 - value}}
            (directory / str(job) / "metrics.json").write_text(json.dumps(entries))
        return directory

    return write


@pytest.fixture(scope="session")
def sweep_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three losses with two seeds each, the last job failed."""
    directory = tmp_path_factory.mktemp("sweep")
    recall = {"contrastive": (0.80, 0.84), "triplet": (0.90, 0.91), "center": (0.70, 0.71)}
    for number, (loss, seed) in enumerate((loss, seed) for loss in recall for seed in (1, 2)):
        value = recall[loss][seed - 1]
        metrics = {"test/recall_at_1": value, "test/nmi": 0.5 + 0.1 * value, "test/threshold": 1.25}
        run = write_run(directory / str(number), loss, seed, metrics)
        if (loss, seed) == ("center", 2):
            failed = {
                "status": "failed",
                "seconds": 3.0,
                "error": "loss is NaN at step 7",
                "traceback": "Traceback <tb>",
            }
            (run / "status.json").write_text(json.dumps(failed))
            (run / "metrics.json").unlink()
            (run / "evaluation" / "test.npz").unlink()
    return directory


@pytest.fixture
def make_word_run() -> Callable[..., Path]:
    """A finished run of word vectors: 40 words in four directions, and what it leaves to read."""

    def write(directory: Path, **overrides: str) -> Path:
        (directory / "evaluation").mkdir(parents=True)
        (directory / "config.yaml").write_text("name: word2vec\nseed: 1\n")
        (directory / "overrides.yaml").write_text(yaml.safe_dump([f"{k}={v}" for k, v in overrides.items()]))
        (directory / "status.json").write_text('{"status": "done", "seconds": 9.0}')
        metrics = {
            "test/ws353_spearman": {"value": 0.652, "low": 0.61, "high": 0.69}, "test/ws353_coverage": {"value": 0.98},
            "test/google_analogies_3cosadd": {"value": 0.5}, "test/google_analogies_coverage": {"value": 0.75},
        }  # fmt: skip
        (directory / "metrics.json").write_text(json.dumps(metrics))
        random = np.random.default_rng(0)
        vectors = np.eye(4, 10)[np.arange(40) % 4] + 0.2 * random.normal(size=(40, 10))
        pairs = [("france", "paris"), ("italy", "rome"), ("japan", "tokyo")]
        np.savez(
            directory / "evaluation" / "test.npz",
            queries=["river", "czech + currency"], neighbours=[["lake", "sea"], ["koruna", "euro"]],
            neighbour_cosines=[[0.81, 0.5], [0.62, 0.6]],
            map_words=[f"word{n}" for n in range(40)], map_vectors=vectors.astype(np.float32),
            relation_titles=["capitals"], relation=[0, 0, 0], relation_pairs=pairs,
            relation_vectors=random.normal(size=(3, 2, 10)),
            analogy_set=["google_analogies"] * 2, analogy_section=["capital-world", "currency"], analogy_asked=[4, 2],
            analogy_counted=[3, 0], analogy_3cosadd=[[0.5, 0.4, 0.6], [np.nan] * 3],
            analogy_3cosmul=[[0.625, np.nan, np.nan], [np.nan] * 3],
        )  # fmt: skip
        return directory

    return write
