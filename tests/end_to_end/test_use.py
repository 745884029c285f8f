"""What one does with a trained run: verify, search, export, report again, resume; each as a command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TRAIN = [
    "train", "experiment=omniglot", "trainer.max_epochs=1", "trainer.enable_progress_bar=false",
    "sampler.batches_per_epoch=20", "threads=1", "hydra.run.dir=run", "evaluation={retrieval:{_target_:"
    "embedlab.evaluation.Retrieval},verification:{_target_:embedlab.evaluation.Verification,distance:cosine}}",
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("use")
    done = subprocess.run(
        [sys.executable, "-m", "embedlab.cli", *TRAIN], cwd=folder, check=False, capture_output=True, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def drawings(tmp_path) -> None:
    """A cross, drawn twice, and a circle: black on white, 105×105 as Omniglot was."""
    y, x = np.mgrid[:105, :105] - 52
    strokes = {
        "cross": (abs(x) < 3) | (abs(y) < 3),
        "cross2": (abs(x + 2) < 3) | (abs(y - 3) < 3),
        "circle": abs(np.hypot(x, y) - 35) < 3,
    }
    for name, ink in strokes.items():
        Image.fromarray(np.where(ink, 0, 255).astype(np.uint8)).save(tmp_path / f"{name}.png")


def test_verify(trained, embedlab, drawings):
    same = embedlab("verify", str(trained / "run"), "cross.png", "cross2.png")
    other = embedlab("verify", str(trained / "run"), "cross.png", "circle.png")
    assert same.returncode == other.returncode == 0, same.stderr + other.stderr
    assert same.stdout.startswith("same: distance ")
    assert other.stdout.startswith("different: distance ")
    missing = embedlab("verify", str(trained / "run"), "cross.png", "square.png")
    assert (missing.returncode, missing.stderr) == (2, "embedlab: square.png: No such file or directory\n")


def test_search_finds_the_image_itself_first(trained, embedlab, tmp_path):
    with np.load(trained / "run" / "evaluation" / "test.npz") as arrays:
        row = int(arrays["thumbnail_rows"][7])
        name = str(arrays["class_names"][arrays["labels"][row]])
        Image.fromarray(arrays["thumbnails"][7]).resize((105, 105), Image.Resampling.BICUBIC).save(
            tmp_path / "query.png"
        )
    found = embedlab("search", str(trained / "run"), "query.png", "-k", "5")
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    distances = [float(line.split()[0]) for line in lines]
    assert len(lines) == 5
    assert distances == sorted(distances)
    assert any(name in line for line in lines)


def test_export(trained, embedlab):
    for form, file in (("safetensors", "model.safetensors"), ("onnx", "model.onnx"), ("projector", "projector")):
        done = embedlab("export", str(trained / "run"), "--format", form)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip().endswith(f"exports/{file}")
        assert (trained / "run" / "exports" / file).exists()


def test_report_is_made_again(trained, embedlab):
    page = trained / "run" / "report.html"
    page.unlink()
    done = embedlab("report", str(trained / "run"))
    assert done.returncode == 0, done.stderr
    assert page.stat().st_size > 100_000
    assert done.stdout.rstrip().endswith("report.html")


def test_resume_with_more_epochs_goes_on(trained, embedlab, tmp_path):
    shutil.copytree(trained / "run", tmp_path / "run")
    done = embedlab("resume", "run", "trainer.max_epochs=2")  # a copied run goes on in its new place
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)
    assert max(steps) == 40
