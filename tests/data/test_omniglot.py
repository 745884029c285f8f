import io
import time
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from embedlab.data import omniglot
from embedlab.data.omniglot import OmniglotData, one_shot_runs
from embedlab.data.samplers import MPerClassSampler

SAMPLER = partial(MPerClassSampler, classes_per_batch=5, samples_per_class=3)


def sizes(data: OmniglotData) -> dict[str, int]:
    for split in data.splits.values():
        assert len(split.images) == len(split.labels) == 20 * len(split.class_names)
        assert len(set(split.class_names)) == len(split.class_names)
        assert split.labels.bincount().tolist() == [20] * len(split.class_names)
    return {name: len(split.class_names) for name, split in data.splits.items()}


def characters(data: OmniglotData, split: str) -> set[str]:
    return {"/".join(name.split("/")[:2]) for name in data.splits[split].class_names}


def test_vinyals_split_with_and_without_rotations() -> None:
    data = OmniglotData(SAMPLER)
    assert sizes(data) == {"train": 4112, "val": 688, "test": 1692}
    assert data.input_shape == (1, 28, 28)
    assert data.num_classes == 4112
    assert sizes(OmniglotData(SAMPLER, rotations=False)) == {"train": 1028, "val": 172, "test": 423}
    assert sizes(OmniglotData(SAMPLER, validation=False)) == {"train": 4800, "test": 1692}
    parts = [characters(data, split) for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [1028, 172, 423]
    assert len(set.union(*parts)) == 1623


def test_rotations_are_quarter_turns_of_the_same_drawings() -> None:
    test = OmniglotData(SAMPLER).splits["test"]
    row = {name: 20 * k for k, name in enumerate(test.class_names)}
    for turn, angle in enumerate(("000", "090", "180", "270")):
        upright, turned = (test.images[row[f"Gurmukhi/character42/rot{a}"] + 3, 0] for a in ("000", angle))
        assert torch.equal(turned, upright.rot90(turn))


def test_background_and_evaluation_sets() -> None:
    data = OmniglotData(SAMPLER, split="background_evaluation", rotations=False)
    assert sizes(data) == {"train": 777, "val": 187, "test": 659}
    alphabets = [{name.split("/")[0] for name in characters(data, split)} for split in ("train", "val", "test")]
    assert [len(part) for part in alphabets] == [25, 5, 20]
    assert len(set.union(*alphabets)) == 50
    assert alphabets[1] == set(omniglot.VALIDATION_ALPHABETS)
    whole = OmniglotData(SAMPLER, split="background_evaluation", validation=False, rotations=False)
    assert sizes(whole) == {"train": 964, "test": 659}
    turned = OmniglotData(SAMPLER, split="background_evaluation", validation=False)
    assert sizes(turned) == {"train": 4 * 964, "test": 659}
    assert 20 * (964 + 659) == 32460


@pytest.mark.parametrize("split", ["val", "test"])
def test_one_shot_runs_ask_for_the_characters_they_show(split: str) -> None:
    data = OmniglotData(SAMPLER, split="background_evaluation")
    labels, names = data.splits[split].labels.numpy(), data.evaluation_names(split)
    episodes = data.evaluation_extras(split)["episodes"]
    assert len(episodes) == 20
    for episode in episodes:
        assert len(episode.support) == len(set(labels[episode.support])) == 20
        classes = labels[episode.support][np.argsort(episode.support_labels)]
        assert (classes[episode.query_labels] == labels[episode.query]).all()
        assert not set(episode.support) & set(episode.query)
        assert len({names[label].split("/")[0] for label in classes}) == 1  # one alphabet
        assert len(set(episode.support % 20)) == len(set(episode.query % 20)) == 1  # one drawer each
    assert "episodes" not in OmniglotData(SAMPLER).evaluation_extras(split)


def test_one_shot_runs_are_dealt_round_the_large_alphabets() -> None:
    alphabets = np.repeat([0, 1, 2], [25, 19, 20])
    runs = one_shot_runs(alphabets, seed=1, runs=6)
    assert Counter(alphabets[run.support[0] // 20] for run in runs) == {0: 3, 2: 3}
    again = one_shot_runs(alphabets, seed=1, runs=6)
    assert all((a.support == b.support).all() and (a.query == b.query).all() for a, b in zip(runs, again, strict=True))


def test_images_are_the_published_ones_shrunk(data_root: Path) -> None:
    with np.load(data_root / "omniglot" / "omniglot_evaluation.npz") as arrays:
        source = dict(arrays)
    test = OmniglotData(SAMPLER, split="background_evaluation", rotations=False).splits["test"]
    name_of = source["alphabet_names"][source["alphabet"]]
    for row in np.random.default_rng(0).choice(len(source["images"]), 200, replace=False):
        label = test.class_names.index(f"{name_of[row]}/character{source['character'][row]:02d}")
        image = test.images[20 * label + int(source["drawer"][row]) - 1].float() / 255
        ink = torch.from_numpy(np.unpackbits(source["images"][row], axis=1)[:, :105].copy()).float()
        expected = F.interpolate(ink[None, None], (28, 28), mode="bilinear", antialias=True)[0]
        torch.testing.assert_close(image, expected, atol=0.5 / 15 + 1 / 255, rtol=0)


def test_vinyals_lists_are_those_published(data_root: Path) -> None:
    data = OmniglotData(SAMPLER)
    for split in ("train", "val", "test"):
        lines = (data_root / "omniglot" / "splits_vinyals" / f"{split}.txt").read_text().split()
        assert data.splits[split].class_names == lines


def test_lakes_runs_name_the_rows_of_their_images(data_root: Path) -> None:
    """Every image of a run, shrunk by itself, is the image at the row the run names."""
    data = OmniglotData(SAMPLER, split="background_evaluation")
    images = data.splits["test"].images
    with zipfile.ZipFile(data_root / "omniglot" / "one_shot_all_runs.zip") as archive:
        for run, episode in enumerate(data.evaluation_extras("test")["episodes"], start=1):
            lines = archive.read(f"run{run:02d}/class_labels.txt").decode().splitlines()
            row_of = {f"run{run:02d}/training/class{k + 1:02d}.png": row for k, row in enumerate(episode.support)}
            query_of = dict(zip(episode.query_labels, episode.query, strict=True))
            for line in lines:
                test, training = line.split()
                for member, row in ((training, row_of[training]), (test, query_of[int(training[-6:-4]) - 1])):
                    ink = ~np.asarray(Image.open(io.BytesIO(archive.read(member))).convert("1"))
                    assert (omniglot.shrink(ink[None])[0] * 17 == images[row, 0].numpy()).all()


def test_folder_source_gives_the_bundled_images(
    data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with np.load(data_root / "omniglot" / "omniglot_background.npz") as arrays:
        source = dict(arrays)
    chosen = [
        row for row in range(len(source["images"])) if source["alphabet"][row] == 8 and source["character"][row] < 3
    ]
    assert len(chosen) == 40
    for row in chosen:
        folder = tmp_path / "images_background" / "Braille" / f"character{source['character'][row]:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        ink = np.unpackbits(source["images"][row], axis=1)[:, :105].astype(bool)
        Image.fromarray(~ink).save(folder / f"{source['char_id'][row]:04d}_{source['drawer'][row]:02d}.png")
    names = ["Braille/character01", "Braille/character02"]
    images = omniglot.read_folder(tmp_path, names)
    bundled = OmniglotData(SAMPLER, split="background_evaluation", rotations=False).splits["train"]
    for k, name in enumerate(names):
        start = 20 * bundled.class_names.index(name)
        assert (images[k] * 17 == bundled.images[start : start + 20, 0].numpy()).all()
    with pytest.raises(ValueError, match="0 drawings of Braille/character03, not 20; it should hold images_background"):
        omniglot.read_folder(tmp_path, ["Braille/character03"])


def test_pack_and_unpack_are_inverse() -> None:
    images = np.random.default_rng(0).integers(0, 16, (2, 20, 28, 28), dtype=np.uint8)
    assert (omniglot.unpack(omniglot.pack(images)) == images).all()


def test_a_damaged_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(omniglot, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"omniglot_28.npz is damaged \(sha256 [0-9a-f]{8}…, not 00000000…\)"):
        _ = OmniglotData(SAMPLER).splits


def test_thumbnails_are_black_on_white_and_the_package_stays_small() -> None:
    data = OmniglotData(SAMPLER, rotations=False)
    thumbnails = data.thumbnails("val", [7, 0])
    assert thumbnails.shape == (2, 28, 28)
    assert (thumbnails == 255 - data.splits["val"].images[[7, 0], 0].numpy()).all()
    assert np.median(thumbnails) == 255
    bundled = Path(omniglot.__file__).parent / "bundled" / omniglot.BUNDLED
    assert bundled.stat().st_size < 4e6


def test_loads_fast() -> None:
    fastest = float("inf")
    for _ in range(3):
        start = time.process_time()
        _ = OmniglotData(SAMPLER, rotations=False).splits
        fastest = min(fastest, time.process_time() - start)
    assert fastest < 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "lake"}, "data.split=lake: Omniglot has vinyals and background_evaluation"),
        ({"source": "web"}, "data.source=web: Omniglot comes from bundled, folder or torchvision"),
        ({"source": "folder"}, "data.source=folder needs data.path"),
    ],
)
def test_wrong_options(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OmniglotData(SAMPLER, **options)


def test_batches_are_drawn_from_the_named_classes() -> None:
    data = OmniglotData(SAMPLER, rotations=False, seed=5)
    inputs, labels = next(iter(data.train_dataloader()))
    assert inputs.shape == (15, 1, 28, 28)
    assert (inputs.min(), inputs.max()) == (0, 1)
    assert (labels.reshape(5, 3) == labels[::3, None]).all()
    train = data.splits["train"]
    for image, label in zip(inputs, labels, strict=True):
        members = train.images[20 * int(label) : 20 * int(label) + 20].float() / 255
        assert (members == image).flatten(1).all(1).sum() == 1
