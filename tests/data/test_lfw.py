import io
import zipfile
from functools import partial
from pathlib import Path

import datasets
import numpy as np
import pytest
import torch
from PIL import Image

from embedlab.data.lfw import LFWData, read_pairs, read_people
from embedlab.data.samplers import MPerClassSampler

SAMPLER = partial(MPerClassSampler, classes_per_batch=2, samples_per_class=2)


def person(k: int) -> str:
    return f"Person_{chr(65 + k // 4)}{k % 4}"


def members(k: int) -> range:
    return range(1, 3 + k % 2)


def image(k: int, i: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10), (5 * k, 40 * i, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def write_protocol(root: Path) -> Path:
    """Forty people in ten sets of four; in each set two matched and two mismatched pairs."""
    root.mkdir(parents=True, exist_ok=True)
    sets = [range(4 * s, 4 * s + 4) for s in range(10)]

    def people(which) -> str:
        return f"{len(which)}\n" + "".join(f"{person(k)}\t{len(members(k))}\n" for k in which)

    def pairs(which) -> str:
        a, b, c, d = list(which)[:4]
        matched = f"{person(a)}\t1\t2\n{person(b)}\t3\t1\n"
        return matched + f"{person(a)}\t1\t{person(c)}\t2\n{person(b)}\t2\t{person(d)}\t1\n"

    (root / "people.txt").write_text("10\n" + "".join(map(people, sets)))
    (root / "pairs.txt").write_text("10\t2\n" + "".join(map(pairs, sets)))
    (root / "peopleDevTrain.txt").write_text(people(range(30)))
    (root / "peopleDevTest.txt").write_text(people(range(30, 40)))
    (root / "pairsDevTest.txt").write_text("2\n" + pairs(range(30, 40)))
    (root / "lfw-names.txt").write_text("".join(f"{person(k)}\t{len(members(k))}\n" for k in range(40)))
    return root


def write_images(root: Path, ending: str = "jpg") -> Path:
    for k in range(40):
        (root / person(k)).mkdir(parents=True)
        for i in members(k):
            (root / person(k) / f"{person(k)}_{i:04d}.{ending}").write_bytes(image(k, i))
    return root


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_protocol(tmp_path_factory.mktemp("lfw"))
    write_images(root / "lfw")
    return root


def make(path: Path, **options) -> LFWData:
    return LFWData(SAMPLER, str(path), **{"image_size": 10, "mean": [0.0], "std": [1.0], **options})


def colours(data: LFWData, split: str) -> list[tuple[int, int]]:
    """(person, image) of each row, read off the pixels."""
    red, green = data.splits[split].images[:][:, :2, 0, 0].T.tolist()
    return [(r // 5, g // 40) for r, g in zip(red, green, strict=True)]


def check_pairs(data: LFWData, split: str, expected: list[tuple[tuple, tuple]]) -> None:
    pairs, rows = data.evaluation_extras(split)["pairs"], colours(data, split)
    assert [(rows[a], rows[b]) for a, b in zip(pairs.first, pairs.second, strict=True)] == expected
    assert pairs.same.tolist() == [a[0] == b[0] for a, b in expected]
    labels = data.splits[split].labels.numpy()
    assert ((labels[pairs.first] == labels[pairs.second]) == pairs.same).all()


def expected_pairs(first: int) -> list[tuple[tuple, tuple]]:
    a, b, c, d = range(first, first + 4)
    return [((a, 1), (a, 2)), ((b, 3), (b, 1)), ((a, 1), (c, 2)), ((b, 2), (d, 1))]


def test_view_2_tests_on_one_set_and_trains_on_the_others(small: Path) -> None:
    data = make(small, fold=3)
    assert data.evaluation_names("test") == [person(k) for k in range(12, 16)]
    assert data.class_names == sorted(person(k) for k in range(40) if not 12 <= k < 16)
    assert {k for k, _ in colours(data, "train")}.isdisjoint(range(12, 16))
    for split in ("train", "test"):
        labels = data.splits[split].labels.tolist()
        assert [data.evaluation_names(split)[label] for label in labels] == [person(k) for k, _ in colours(data, split)]
    check_pairs(data, "test", expected_pairs(12))
    assert data.val_dataloader() == []


def test_view_2_holds_out_the_set_after_the_fold_to_validate_on(small: Path) -> None:
    data = make(small, fold=9, validation=True)
    assert data.evaluation_names("val") == [person(k) for k in range(4)]
    assert data.class_names == sorted(person(k) for k in range(4, 36))
    check_pairs(data, "val", expected_pairs(0))
    check_pairs(data, "test", expected_pairs(36))


def test_all_pairs_have_their_official_folds(small: Path) -> None:
    data = make(small, test_pairs="all")
    assert data.evaluation_extras("test")["pairs"].fold.tolist() == [fold for fold in range(10) for _ in range(4)]
    check_pairs(data, "test", [pair for fold in range(10) for pair in expected_pairs(4 * fold)])


def test_view_1_is_the_development_sets(small: Path) -> None:
    data = make(small, view=1, min_images=3)
    assert data.class_names == sorted(person(k) for k in range(1, 30, 2))
    assert data.evaluation_names("val") == sorted(person(k) for k in range(30, 40))
    check_pairs(data, "val", [((30, 1), (30, 2)), ((31, 3), (31, 1)), ((30, 1), (32, 2)), ((31, 2), (33, 1))])
    assert data.splits["test"] is data.splits["val"]
    check_pairs(data, "test", [((30, 1), (30, 2)), ((31, 3), (31, 1)), ((30, 1), (32, 2)), ((31, 2), (33, 1))])


def test_sources_hold_the_same_images(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = make(small)
    zipped = write_protocol(tmp_path / "zipped")
    with zipfile.ZipFile(zipped / "lfw.zip", "w") as archive:
        for k in range(40):
            for i in members(k):
                archive.writestr(f"lfw/{person(k)}/{person(k)}_{i:04d}.jpg", image(k, i))
    write_protocol(tmp_path / "tv" / "lfw-py")
    write_images(tmp_path / "tv" / "lfw-py" / "lfw-deepfunneled")
    monkeypatch.setattr("torchvision.datasets.LFWPeople._check_integrity", lambda self: True)
    for other in (make(zipped), make(tmp_path / "tv", source="torchvision")):
        for split in ("train", "test"):
            assert torch.equal(reference.splits[split].images, other.splits[split].images)
        assert other.checksum == reference.checksum


@pytest.mark.parametrize("names_in", ["a column", "the paths"])
def test_hub_data_sets_saved_to_disk(small: Path, tmp_path: Path, names_in: str) -> None:
    rows = [(k, i) for k in reversed(range(40)) for i in members(k)]
    names = [f"{person(k)}_{i:04d}.jpg" for k, i in rows]
    paths = names if names_in == "the paths" else [f"{n}.bin" for n in range(len(rows))]
    columns = {
        "image": [{"bytes": image(*row), "path": path} for row, path in zip(rows, paths, strict=True)],
        "label": [k for k, _ in rows],
        "identity": [person(k) for k, _ in rows],
    }
    if names_in == "a column":
        columns["source_filename"] = names
    table = datasets.Dataset.from_dict(columns).cast_column("image", datasets.Image())
    datasets.DatasetDict({"train": table}).save_to_disk(str(tmp_path / "hub"))
    data = make(small, source="hub", hub=str(tmp_path / "hub"), fold=2)
    assert torch.equal(data.splits["test"].images, make(small, fold=2).splits["test"].images)
    check_pairs(data, "test", expected_pairs(8))


def test_a_hub_data_set_without_file_names_or_images_is_refused(small: Path, tmp_path: Path) -> None:
    columns = {"image": [{"bytes": image(0, 1), "path": None}], "label": [0]}
    table = datasets.Dataset.from_dict(columns).cast_column("image", datasets.Image())
    table.save_to_disk(str(tmp_path / "nameless"))
    with pytest.raises(ValueError, match="no column gives the images' file names"):
        _ = make(small, source="hub", hub=str(tmp_path / "nameless")).splits
    table.remove_columns("image").save_to_disk(str(tmp_path / "imageless"))
    with pytest.raises(ValueError, match="no column of images among label"):
        _ = make(small, source="hub", hub=str(tmp_path / "imageless")).splits


def test_what_is_missing_is_said_in_one_line(small: Path, tmp_path: Path) -> None:
    texts = write_protocol(tmp_path / "texts")
    cut = write_protocol(tmp_path / "cut")
    write_images(cut / "lfw")
    (cut / "pairs.txt").write_text((cut / "pairs.txt").read_text()[:-40])
    overlap = write_protocol(tmp_path / "overlap")
    write_images(overlap / "lfw")
    (overlap / "people.txt").write_text((overlap / "people.txt").read_text().replace("Person_B1", "Person_A1"))
    gap = write_protocol(tmp_path / "gap")
    write_images(gap / "lfw")
    (gap / "lfw" / "Person_A1" / "Person_A1_0003.jpg").unlink()
    (tmp_path / "none").mkdir()
    for path, options, message in (
        (tmp_path / "nowhere", {}, r"data.path=.*nowhere: no such folder"),
        (tmp_path / "none", {}, "no people.txt in .*none; it should hold LFW's text files"),
        (texts, {}, "no image of Person_"),
        (cut, {}, "pairs.txt: not an official LFW file, or cut short"),
        (overlap, {}, "Person_A1 is among the people of training and of evaluation"),
        (gap, {}, "no image Person_A1_0003, which is in LFW's pairs"),
        (small, {"source": "torchvision"}, "no people.txt in .*lfw-py"),
        (small, {"min_images": 9}, "data.min_images=9: 0 people are left to train on"),
    ):
        with pytest.raises(ValueError, match=message) as error:
            make(path, **options).evaluation_extras("test")
        assert "\n" not in str(error.value)
    for options, message in (
        ({"source": "web"}, "data.source=web: LFW comes from folder, torchvision, hub"),
        ({"view": 3}, "data.view=3"),
        ({"fold": 10}, "data.fold=10: LFW's folds are 0 to 9"),
        ({"test_pairs": "some"}, "data.test_pairs=some: fold or all"),
    ):
        with pytest.raises(ValueError, match=message):
            make(small, **options)


def test_torchvisions_check_is_explained(tmp_path: Path) -> None:
    write_protocol(tmp_path / "lfw-py")
    with pytest.raises(ValueError, match=r"torchvision finds no whole LFW in .*lfw-py, and no longer downloads it"):
        _ = make(tmp_path, source="torchvision").splits


def test_the_official_files(data_root: Path) -> None:
    root = data_root / "lfw"
    people, pairs = read_people(root / "people.txt"), read_pairs(root / "pairs.txt")
    assert len(people) == len(pairs) == 10
    assert sum(map(len, people)) == len({name for names in people for name in names}) == 5749
    for names, of_set in zip(people, pairs, strict=True):
        assert [pair.same for pair in of_set] == [True] * 300 + [False] * 300
        for pair in of_set:
            assert (pair.first[:-5] == pair.second[:-5]) == pair.same
            assert {pair.first[:-5], pair.second[:-5]} <= set(names)  # the sets of pairs.txt are those of people.txt
    assert pairs[0][0] == ("Abel_Pacheco_0001", "Abel_Pacheco_0004", True)
    train, test = (set(read_people(root / f"peopleDev{part}.txt")[0]) for part in ("Train", "Test"))
    assert (len(train), len(test), len(train & test)) == (4038, 1711, 0)
    development = read_pairs(root / "pairsDevTest.txt")
    assert len(development) == 1
    assert [pair.same for pair in development[0]] == [True] * 500 + [False] * 500


def test_a_fold_of_the_real_images(data_root: Path) -> None:
    data = LFWData(SAMPLER, str(data_root / "lfw"), fold=0, image_size=24, channels=1)
    assert sum(len(split.labels) for split in data.splits.values()) == 13233
    assert sum(len(split.class_names) for split in data.splits.values()) == 5749
    assert len(data.evaluation_names("test")) == 601
    pairs = data.evaluation_extras("test")["pairs"]
    labels = data.splits["test"].labels.numpy()
    assert ((labels[pairs.first] == labels[pairs.second]) == pairs.same).all()
    assert np.bincount(pairs.fold, weights=pairs.same).tolist() == [30] * 10
    assert np.bincount(pairs.fold).tolist() == [60] * 10
