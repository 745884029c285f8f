from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from embedlab.data.image_folder import ImageFolderData, crop_and_flip
from embedlab.data.samplers import MPerClassSampler

SAMPLER = partial(MPerClassSampler, classes_per_batch=2, samples_per_class=2)


def fill(root: Path, classes: int = 10, members: int = 3, size: int = 8, first: int = 0) -> Path:
    """Class k holds images whose red is k and whose green is the number of the member."""
    for k in range(first, first + classes):
        (root / f"class{k:02d}").mkdir(parents=True)
        for i in range(members):
            Image.new("RGB", (size, size), (k, i, 0)).save(root / f"class{k:02d}" / f"{i}.png")
    return root


def make(root: Path | None, **options) -> ImageFolderData:
    return ImageFolderData(SAMPLER, None if root is None else str(root), image_size=4, **options)


def classes(data: ImageFolderData) -> dict[str, list[str]]:
    return {name: split.class_names for name, split in data.splits.items()}


@pytest.mark.parametrize("cache", [True, False])
def test_images_labels_and_names_go_together(tmp_path: Path, cache: bool) -> None:
    data = make(fill(tmp_path), cache=cache, mean=[0.0], std=[1.0])
    assert {name: len(names) for name, names in classes(data).items()} == {"train": 2, "val": 4, "test": 4}
    assert sorted(name for names in classes(data).values() for name in names) == [f"class{k:02d}" for k in range(10)]
    assert data.input_shape == (3, 4, 4)
    for split, loader in (("val", data.val_dataloader()), ("test", data.test_dataloader())):
        ((inputs, labels),) = loader
        red, green = (inputs[:, :2, 0, 0] * 255).round().int().T.tolist()
        assert [data.evaluation_names(split)[label] for label in labels] == [f"class{k:02d}" for k in red]
        assert green == [0, 1, 2] * 4
    inputs, labels = next(iter(data.train_dataloader()))
    assert [int(n[-2:]) for n in (data.class_names[k] for k in labels)] == (
        inputs[:, 0, 0, 0] * 255
    ).round().int().tolist()
    assert data.thumbnails("val", [4]).shape == (1, 4, 4, 3)


def test_the_dealing_follows_split_seed_alone(tmp_path: Path) -> None:
    fill(tmp_path)
    assert classes(make(tmp_path, seed=1)) == classes(make(tmp_path, seed=2))
    assert classes(make(tmp_path, split_seed=1)) != classes(make(tmp_path, split_seed=2))
    assert list(classes(make(tmp_path, val_fraction=0, test_fraction=0))) == ["train"]
    halves = classes(make(tmp_path, val_fraction=0, test_fraction=0.5))
    assert (len(halves["train"]), len(halves["test"])) == (5, 5)


def test_folders_of_splits_and_a_test_root(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "train", 3)
    fill(tmp_path / "a" / "test", 2, first=3)
    assert classes(make(tmp_path / "a")) == {
        "train": ["class00", "class01", "class02"],
        "test": ["class03", "class04"],
    }
    fill(tmp_path / "b", 7)
    data = make(tmp_path / "b", test_root=str(tmp_path / "a" / "test"))
    assert classes(data)["test"] == ["class03", "class04"]
    assert len(classes(data)["train"]) == 3


def test_the_checksum_is_that_of_the_files(tmp_path: Path) -> None:
    fill(tmp_path / "a")
    fill(tmp_path / "b")
    assert make(tmp_path / "a").checksum == make(tmp_path / "b").checksum
    (tmp_path / "b" / "class00" / "0.png").unlink()
    assert make(tmp_path / "a").checksum != make(tmp_path / "b").checksum


@pytest.mark.parametrize("cache", [True, False])
def test_a_broken_image_is_named_or_left_out(tmp_path: Path, cache: bool) -> None:
    fill(tmp_path)
    broken = tmp_path / "class04" / "1.png"
    broken.write_bytes(b"")
    with pytest.raises(ValueError, match=r"class04/1\.png: no readable image"):
        _ = make(tmp_path, cache=cache).splits
    data = make(tmp_path, cache=cache, on_error="skip")
    assert sum(len(split.labels) for split in data.splits.values()) == 29
    for file in (tmp_path / "class04").iterdir():
        file.write_bytes(b"")
    train = make(tmp_path, cache=cache, on_error="skip", val_fraction=0, test_fraction=0).splits["train"]
    assert train.class_names == [f"class{k:02d}" for k in range(10) if k != 4]
    assert train.labels.tolist() == [label for label in range(9) for _ in range(3)]
    for k in range(9):
        for file in (tmp_path / f"class{k:02d}").iterdir():
            file.write_bytes(b"")
    with pytest.raises(ValueError, match="fewer than two of 10 classes have readable images"):
        _ = make(tmp_path, cache=cache, on_error="skip", val_fraction=0, test_fraction=0).splits


def test_bad_folders_each_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "one", 1)
    fill(tmp_path / "few", 4)
    fill(tmp_path / "single", 10, members=1)
    for root, message in (
        (None, "data.root is missing"),
        (tmp_path / "nowhere", r"nowhere: no such folder"),
        (tmp_path / "empty", r"empty: no images; expected .*empty/CLASS/IMAGE"),
        (tmp_path / "one", r"one: only one class, class00; an embedding is learned from two or more"),
        (tmp_path / "few", r"few: 4 classes are too few to take 4 for each of test and val and two to train on"),
        (tmp_path / "single", "every class of the training data has only one member"),
    ):
        with pytest.raises(ValueError, match=message) as error:
            make(root).train_dataloader()
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=r"data\.val_fraction=0\.5 and data\.test_fraction=0\.5"):
        make(tmp_path, val_fraction=0.5, test_fraction=0.5)


def test_augmentation_crops_and_flips_each_image_by_itself() -> None:
    assert crop_and_flip(8) is None
    ramp = torch.linspace(0, 1, 8).expand(200, 1, 8, 8).clone()
    torch.manual_seed(0)
    flipped = crop_and_flip(8, flip=0.5)(ramp)
    mirrored = (flipped[:, 0, 0, 0] == 1).sum()
    assert 75 < mirrored < 125
    torch.testing.assert_close(flipped[flipped[:, 0, 0, 0] == 1], ramp[:mirrored].flip(3))
    spans = crop_and_flip(8, crop=0.25)(ramp)[:, 0, 0].diff(dim=1).sum(1)  # width of the part kept
    assert len(spans.unique()) >= 5
    assert spans.min() > 0.2
    for bad in ({"flip": 2}, {"crop": 0}):
        with pytest.raises(ValueError, match=r"data\.augmentation\."):
            crop_and_flip(8, **bad)


def test_grey_images_of_mixed_kinds_in_one_channel(tmp_path: Path) -> None:
    fill(tmp_path, 8)
    Image.fromarray(np.full((5, 3), 40000, np.uint16)).save(tmp_path / "class00" / "0.png")
    Image.new("RGBA", (1, 1), (0, 0, 0, 0)).save(tmp_path / "class00" / "1.png")
    data = make(tmp_path, channels=1, val_fraction=0, test_fraction=0)
    assert data.input_shape == (1, 4, 4)
    assert data.splits["train"].images[[0, 1]].flatten(1)[:, 0].tolist() == [40000 >> 8, 255]
