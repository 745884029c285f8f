"""Whatever a user gets wrong: one line that says what is wrong and what would be right, exit status 2, no traceback."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

TINY = [
    "trainer.max_epochs=1", "trainer.enable_progress_bar=false", "sampler.classes_per_batch=4",
    "sampler.samples_per_class=2", "sampler.batches_per_epoch=2", "model.channels=4", "evaluation=quick",
    "threads=1",
]  # fmt: skip


def complaint(process) -> str:
    """The one line, after checking that it is one and the status is 2."""
    assert process.returncode == 2, process.stdout + process.stderr
    assert "Traceback" not in process.stderr + process.stdout
    assert "Error executing job" not in process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("embedlab: ")]
    assert len(lines) == 1, process.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["loss=tripet"], ["loss=tripet", "no such loss", "did you mean triplet?"]),
        (["experiment=omniglott"], ["experiment=omniglott", "did you mean omniglot?"]),
        (["loss.margn=1"], ["loss.margn", "no such key", "did you mean loss.margin?"]),
        (
            ["loss=softmax", "loss.margin=1"],
            ["loss.margin", "no such key", "it goes with other choices than these"],
        ),
        (["lss=triplet"], ["lss", "did you mean loss?"]),
        (["loss=contrastive", "loss.margin=-1"], ["loss.margin=-1", "above zero"]),
        (["loss=arcface", "loss.margin=9"], ["loss.margin=9"]),
        (["loss=triplet", "loss.margin=wide"], ["loss.margin=wide"]),
        (["sampler.classes_per_batch=1"], ["sampler.classes_per_batch=1"]),
        (["sampler.samples_per_class=1"], ["sampler.samples_per_class=1"]),
        (["trainer.devices=many"], ["trainer.devices=many"]),
        (["loss.margin=[1"], ["loss.margin=[1", "override"]),
        (["data=image_folder", "data.root=nowhere"], ["nowhere"]),
        (["data=image_folder"], ["data.root"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_words(command, arguments, says):
    line = complaint(command("train", *TINY, *arguments))
    for part in says:
        assert part in line


def images(folder: Path, classes: int = 12, each: int = 4, size: int = 16) -> Path:
    for c in range(classes):
        (folder / f"class{c}").mkdir(parents=True)
        for i in range(each):
            Image.new("RGB", (size, size), (20 * c, 20 * i, 100)).save(folder / f"class{c}" / f"{i}.png")
    return folder


FOLDER = ["data=image_folder", "data.image_size=16"]


def test_an_empty_folder(command, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty" in complaint(command("train", *TINY, *FOLDER, "data.root=empty"))


def test_a_folder_of_one_class(command, tmp_path):
    images(tmp_path / "one", classes=1)
    assert "one class" in complaint(command("train", *TINY, *FOLDER, "data.root=one"))


def test_classes_of_one_image_where_pairs_are_needed(command, tmp_path):
    images(tmp_path / "single", each=1)
    line = complaint(command("train", *TINY, *FOLDER, "data.root=single"))
    assert "one" in line


@pytest.mark.parametrize("damage", ["zero bytes", "cut short", "not an image"])
def test_a_damaged_image_is_named_or_skipped(embedlab, tmp_path, damage):
    bad = images(tmp_path / "data") / "class0" / "bad.png"
    bad.write_bytes(
        {"zero bytes": b"", "cut short": (bad.parent / "0.png").read_bytes()[:40], "not an image": b"x" * 99}[damage]
    )
    assert "bad.png" in complaint(embedlab("train", *TINY, *FOLDER, "data.root=data"))
    skipped = embedlab("train", *TINY, *FOLDER, "data.root=data", "data.on_error=skip")
    assert skipped.returncode == 0, skipped.stderr
    assert "left out 1 of 17 images" in skipped.stdout + skipped.stderr
    assert "bad.png" in skipped.stdout + skipped.stderr


def test_images_of_any_kind_are_taken(embedlab, tmp_path):
    """Grey, transparent, palette, 16-bit and one-pixel images among the others."""
    folder = images(tmp_path / "data") / "class0"
    Image.new("L", (20, 10), 90).save(folder / "grey.png")
    Image.new("RGBA", (10, 20), (1, 2, 3, 4)).save(folder / "transparent.png")
    Image.new("P", (9, 9), 3).save(folder / "palette.png")
    Image.new("I;16", (12, 12), 40000).save(folder / "deep.png")
    Image.new("RGB", (1, 1), (255, 0, 0)).save(folder / "pixel.png")
    done = embedlab("train", *TINY, *FOLDER, "data.root=data", "evaluation=metric_learning", "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    # Twelve small classes are too few for 20-way episodes: that number is left out, and said so; the others stand.
    assert "few_shot_20way_1shot: left out" in done.stdout + done.stderr
    assert "test/recall_at_1" in json.loads((tmp_path / "run" / "metrics.json").read_text())


def test_a_checkpoint_chosen_by_a_number_that_is_not_computed(command):
    line = complaint(command("train", *TINY, "callbacks.best.monitor=val/nmi"))
    assert "val/nmi" in line


def test_a_sweep_in_the_folder_of_one_run(command):
    line = complaint(command("train", "-m", *TINY, "seed=1,2", "run_dir=r"))
    assert "hydra.sweep.dir=PATH" in line


def test_batch_statistics_over_ranks_without_a_gpu(command):
    ddp = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.sync_batchnorm=true")
    assert "sync_batchnorm=true" in complaint(command("train", *TINY, *ddp))


def test_a_loss_that_is_no_number_stops_the_run_and_says_when(command):
    line = complaint(
        command(
            "train",
            *TINY,
            "optimizer=sgd",
            "optimizer.lr=1e30",
            "model.normalize=false",
            "run_dir=r",
        )
    )
    assert "not finite at step" in line


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One tiny finished run that the tests below damage copies of."""
    import os
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("trained")
    done = subprocess.run(
        [sys.executable, "-m", "embedlab.cli", "train", *TINY, "hydra.run.dir=run"], cwd=folder, check=False,
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture
def run(trained, tmp_path):
    return Path(shutil.copytree(trained, tmp_path / "run"))


def test_a_run_that_is_not_there(command):
    assert "no such run" in complaint(command("evaluate", "nowhere"))


def test_a_checkpoint_cut_short(command, run):
    path = run / "checkpoints" / "best.ckpt"
    path.write_bytes(path.read_bytes()[:1000])
    assert "cut short" in complaint(command("evaluate", "run"))


def test_a_checkpoint_of_another_model(command, run):
    path = run / "checkpoints" / "best.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["state_dict"] = {
        k: v.repeat(2, *[1] * (v.ndim - 1)) if v.ndim else v for k, v in checkpoint["state_dict"].items()
    }
    torch.save(checkpoint, path)
    assert "another model" in complaint(command("evaluate", "run"))


class Evil:
    def __reduce__(self):
        return (Path.touch, (Path("executed"),))


def test_a_checkpoint_made_to_run_code(embedlab, run, tmp_path):
    path = run / "checkpoints" / "best.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    torch.save(checkpoint | {"evil": Evil()}, path)
    assert "other than weights" in complaint(embedlab("evaluate", "run"))
    assert not (tmp_path / "executed").exists()


def test_a_config_made_to_run_code(embedlab, run, tmp_path):
    config = run / "config.yaml"
    config.write_text(config.read_text() + "evil:\n  _target_: os.system\n  command: touch executed\n")
    assert "names os.system" in complaint(embedlab("evaluate", "run"))
    assert not (tmp_path / "executed").exists()


def test_a_run_override_that_names_no_key(command, run):
    assert "did you mean loss.margin?" in complaint(command("evaluate", "run", "loss.margn=3"))


def test_an_evaluation_that_is_not_there(command, run):
    assert "did you mean few_shot?" in complaint(command("evaluate", "run", "evaluation=few_shots"))


def test_nothing_to_resume(command, run):
    (run / "checkpoints" / "last.ckpt").unlink()
    assert "nothing to resume from" in complaint(command("resume", "run"))


def test_report_of_nothing(command):
    assert "no such directory" in complaint(command("report", "nowhere"))


def test_list_of_nothing(command):
    assert "did you mean loss?" in complaint(command("list", "lossess"))


def test_debug_shows_the_traceback(embedlab):
    shown = embedlab("evaluate", "nowhere", "--debug")
    assert "Traceback" in shown.stderr


def test_status_of_a_refused_run_says_why(command, tmp_path):
    complaint(command("train", *TINY, "loss=contrastive", "loss.margin=-1", "hydra.run.dir=refused"))
    status = json.loads((tmp_path / "refused" / "status.json").read_text())
    assert status["status"] == "failed"
    assert "above zero" in status["error"]
