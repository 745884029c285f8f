"""Labeled Faces in the Wild: 13233 photographs of 5749 people, with the official pairs of its two views."""

import hashlib
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from embedlab.data.augmentation import RandomAffine
from embedlab.data.decoding import ImageFormat, decode, decode_all, read_file
from embedlab.data.images import ImageData, Split
from embedlab.data.samplers import BatchSampler
from embedlab.errors import BadInput
from embedlab.evaluation.protocol import VerificationPairs

FOLDS = 10
FILE = re.compile(r"(?P<person>.+)_\d{4}\.(jpg|jpeg|png)", re.IGNORECASE)
PROTOCOL = ("people.txt", "pairs.txt", "peopleDevTrain.txt", "peopleDevTest.txt", "pairsDevTest.txt")


class Pair(NamedTuple):
    """Two images by name (``Name_0001``)."""

    first: str
    second: str
    same: bool


class LFWData(ImageData):
    """Huang, Ramesh, Berg, Learned-Miller, "Labeled Faces in the Wild", 2007, with the official split files.

    View 1 is for choosing a model: training on the people of ``peopleDevTrain.txt``, validation on those of
    ``peopleDevTest.txt`` with the 1000 pairs of ``pairsDevTest.txt``; the test split is the same as validation.

    View 2 is for reporting, one fold a run: ``people.txt`` has ten sets of people, ``pairs.txt`` 600 pairs within each.
    Test is set ``fold``, training the other nine; with ``validation`` the set after ``fold`` is held out as well, and a
    threshold can be chosen there. No person tested is ever trained on.

    The pairs of one set are numbered as ten folds by dealing them out in turn, so that a threshold is never chosen on
    the pairs it judges. ``test_pairs="all"`` tests on all 6000 pairs with their official folds instead: honest only
    for a model that was not trained here.

    ``path`` is the folder of the official text files (``people.txt``, ``pairs.txt``, ``peopleDevTrain.txt``,
    ``peopleDevTest.txt``, ``pairsDevTest.txt``; from http://vis-www.cs.umass.edu/lfw/). The images come from

    - ``source="folder"``: ``Name/Name_0001.jpg`` anywhere below ``path``, or within a ``.zip`` that lies in it;
    - ``source="torchvision"``: ``path/lfw-py`` as ``torchvision.datasets.LFWPeople`` keeps it (the text files too);
      torchvision checks it, but no longer downloads it;
    - ``source="hub"``: the data set ``hub`` of the Hugging Face hub, or one saved to that folder, with an image column
      and the file names ``Name_0001.jpg`` in a text column or as the images' paths.

    Args:
        sampler: see :class:`ImageData`.
        path: see above.
        source: ``folder``, ``torchvision`` or ``hub``.
        hub: name on the hub, or a folder made by ``save_to_disk``.
        image_set: of torchvision: ``deepfunneled``, ``funneled`` or ``original``.
        view: 1 or 2.
        fold: of view 2, 0..9.
        validation: view 2 holds out a set for validation.
        test_pairs: of view 2: ``fold`` or ``all``.
        min_images: leave out training people with fewer.
        image_size: side in pixels.
        channels: 3 (RGB) or 1 (grey).
        crop: central part of the side that is kept: 0.58 of the published 250×250 images is the face.
        augmentation: arguments of :class:`RandomAffine`; a shift and a change of scale are the crop jitter.
        mean: of the pixel values 0..1, subtracted.
        std: of the pixel values, divided by.
        on_error: ``raise`` at an image that can't be read, or ``skip`` it (a pair of the protocol may not miss one).
        seed: of the experiment.
        eval_batch_size: rows a step in validation and test.
        num_workers: loader processes.
    """

    def __init__(
        self,
        sampler: Callable[..., BatchSampler],
        path: str,
        source: str = "folder",
        hub: str = "marcelohaps/lfw",
        image_set: str = "deepfunneled",
        view: int = 2,
        fold: int = 0,
        validation: bool = False,
        test_pairs: str = "fold",
        min_images: int = 1,
        image_size: int = 96,
        channels: int = 3,
        crop: float = 1.0,
        augmentation: Mapping[str, Any] | None = None,
        mean: Sequence[float] = (0.5,),
        std: Sequence[float] = (0.5,),
        on_error: str = "raise",
        seed: int = 0,
        eval_batch_size: int = 256,
        num_workers: int = 0,
    ) -> None:
        augment = RandomAffine(**{"padding": "reflection", **(augmentation or {})})
        super().__init__(sampler, seed, eval_batch_size, num_workers, augment, mean, std)
        if source not in SOURCES:
            raise BadInput(f"data.source={source}: LFW comes from {', '.join(SOURCES)}")
        if view not in (1, 2):
            raise BadInput(f"data.view={view}: LFW has view 1 (choosing a model) and view 2 (reporting)")
        if not 0 <= fold < FOLDS:
            raise BadInput(f"data.fold={fold}: LFW's folds are 0 to {FOLDS - 1}")
        if test_pairs not in ("fold", "all"):
            raise BadInput(f"data.test_pairs={test_pairs}: fold or all")
        self.path, self.source, self.hub, self.image_set = Path(path), source, hub, image_set
        self.view, self.fold, self.validation, self.test_pairs = view, fold, validation, test_pairs
        self.min_images, self.form, self.on_error = min_images, ImageFormat(image_size, channels, crop), on_error

    @cached_property
    def _protocol(self) -> Path:
        """The folder of the text files."""
        folder = self.path / "lfw-py" if self.source == "torchvision" else self.path
        if not self.path.is_dir():
            raise BadInput(
                f"data.path={self.path}: no such folder; data.path=PATH is that of LFW's text files and images"
            )
        if missing := [name for name in PROTOCOL if not (folder / name).is_file()]:
            raise BadInput(f"data.path={self.path}: no {missing[0]} in {folder}; it should hold LFW's text files")
        return folder

    @cached_property
    def _people(self) -> dict[str, list[str]]:
        """The people of each split."""
        if self.view == 1:
            train, val = (read_people(self._protocol / f"peopleDev{part}.txt")[0] for part in ("Train", "Test"))
            people = {"train": train, "val": val, "test": val}
        else:
            sets = read_people(self._protocol / "people.txt")
            held_out = {self.fold} | ({(self.fold + 1) % FOLDS} if self.validation else set())
            people = {"train": [name for k, names in enumerate(sets) if k not in held_out for name in names]}
            if self.validation:
                people["val"] = sets[(self.fold + 1) % FOLDS]
            people["test"] = sets[self.fold] if self.test_pairs == "fold" else [n for names in sets for n in names]
        tested = set(people["test"]) | set(people.get("val", ()))
        if self.test_pairs == "fold" and (both := tested & set(people["train"])):
            raise BadInput(f"{self._protocol}: {min(both)} is among the people of training and of evaluation")
        return people

    def _pairs(self, split: str) -> tuple[list[Pair], NDArray[np.int64]]:
        """The official pairs of an evaluation split, and the fold of each."""
        if self.view == 1:
            pairs = read_pairs(self._protocol / "pairsDevTest.txt")[0]
        else:
            sets = read_pairs(self._protocol / "pairs.txt")
            if split == "test" and self.test_pairs == "all":
                return [p for pairs in sets for p in pairs], np.repeat(np.arange(FOLDS), [len(pairs) for pairs in sets])
            pairs = sets[self.fold if split == "test" else (self.fold + 1) % FOLDS]
        return pairs, np.arange(len(pairs)) % FOLDS

    @cached_property
    def _images(self) -> tuple[dict[str, list[str]], Callable[[str], bytes]]:
        """The image names of each person, and what reads one."""
        files, read = SOURCES[self.source](self)
        by_person: dict[str, list[str]] = {}
        for file in sorted(files):
            if match := FILE.fullmatch(Path(file).name):
                by_person.setdefault(match["person"], []).append(file)
        return by_person, read

    @cached_property
    def _rows(self) -> dict[str, dict[str, int]]:
        """The row of each image (``Name_0001``) of a split, in the order of :attr:`splits`; filled by :meth:`load`."""
        return {}

    def load(self) -> dict[str, Split]:
        """The splits, all images decoded; people in alphabetical order."""
        split_people = self._people
        by_person, read = self._images
        splits: dict[str, Split] = {}
        for name, people in split_people.items():
            if self.view == 1 and name == "test":
                splits[name], self._rows[name] = splits["val"], self._rows["val"]
                continue
            if absent := [person for person in people if person not in by_person]:
                raise BadInput(
                    f"data.path={self.path}: no image of {absent[0]}; {len(absent)} of {len(people)} people lack"
                )
            least = self.min_images if name == "train" else 1
            kept = [person for person in sorted(people) if len(by_person[person]) >= least]
            if len(kept) < 2:
                raise BadInput(f"data.min_images={self.min_images}: {len(kept)} people are left to train on")
            files = [file for person in kept for file in by_person[person]]
            label = np.repeat(np.arange(len(kept)), [len(by_person[person]) for person in kept])
            images, good = decode_all(files, read, self.form, self.on_error)
            splits[name] = Split(images, torch.from_numpy(label[good]), kept)
            self._rows[name] = {Path(files[g]).stem: row for row, g in enumerate(good)}
        return splits

    def evaluation_extras(self, split: str) -> dict[str, Any]:
        """The official pairs of the split, as rows of its loader."""
        _ = self.splits
        pairs, fold = self._pairs(split)
        rows = self._rows[split]
        if missing := {name for pair in pairs for name in pair[:2]} - set(rows):
            raise BadInput(f"data.path={self.path}: no image {min(missing)}, which is in LFW's pairs")
        return {
            "pairs": VerificationPairs(
                first=np.array([rows[pair.first] for pair in pairs]),
                second=np.array([rows[pair.second] for pair in pairs]),
                same=np.array([pair.same for pair in pairs]),
                fold=fold,
            )
        }

    def decode(self, data: bytes) -> torch.Tensor:
        """Upright, cropped and resized as the images of the splits: uint8 ``(C, H, W)``."""
        return decode(data, self.form)

    @cached_property
    def checksum(self) -> str:
        """sha256 of the official pairs and of all images as decoded."""
        digest = hashlib.sha256()
        for name in PROTOCOL:
            digest.update((self._protocol / name).read_bytes())
        for split in self.splits.values():
            digest.update(np.asarray(split.images).data)
        return digest.hexdigest()


def read_people(file: Path) -> list[list[str]]:
    """The sets of people of ``people.txt`` (ten) or ``peopleDev*.txt`` (one), with underscores for spaces."""
    return [[line[0] for line in lines] for lines in _sets(file, per_count=1)]


def read_pairs(file: Path) -> list[list[Pair]]:
    """The sets of pairs of ``pairs.txt`` (ten) or ``pairsDev*.txt`` (one): the matched first, then the mismatched."""

    def pair(first: str, i: str, *rest: str) -> Pair:
        second, j = rest if len(rest) == 2 else (first, *rest)
        return Pair(f"{first}_{int(i):04d}", f"{second}_{int(j):04d}", len(rest) == 1)

    return [[pair(*line) for line in lines] for lines in _sets(file, per_count=2)]


def _sets(file: Path, per_count: int) -> list[list[list[str]]]:
    """The sets of lines of an official file, each line in its columns.

    ``people*.txt`` gives the number of lines before each set, ``pairs*.txt`` once, and there are as many matched as
    mismatched lines (``per_count`` 2). Files of ten sets begin with their number.
    """
    lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    try:
        if per_count == 2:
            size, body = 2 * int(lines[0][-1]), lines[1:]
            bounds = list(range(0, len(body) + 1, size))
            whole = bounds[-1] == len(body) and len(bounds) - 1 == (int(lines[0][0]) if len(lines[0]) == 2 else 1)
            sets = [body[a:b] for a, b in pairwise(bounds)]
        else:
            counts = [k for k, line in enumerate(lines) if len(line) == 1]
            heads = counts[1:] if len(counts) > 1 else counts
            sets = [lines[a + 1 : b] for a, b in pairwise([*heads, len(lines)])]
            whole = all(len(lines_of) == int(lines[head][0]) for head, lines_of in zip(heads, sets, strict=True))
    except (ValueError, IndexError):
        whole = False
    if not whole:
        raise BadInput(f"{file}: not an official LFW file, or cut short: the lines are not as many as its numbers say")
    return sets


Source = tuple[Sequence[str], Callable[[str], bytes]]  # file names, and what reads one


def _from_folder(data: LFWData) -> Source:
    if archives := sorted(data.path.glob("*.zip")):
        archive = zipfile.ZipFile(archives[0])
        return archive.namelist(), archive.read
    return [str(file) for file in data.path.rglob("*_[0-9][0-9][0-9][0-9].*")], read_file


def _from_torchvision(data: LFWData) -> Source:
    from torchvision.datasets import LFWPeople

    try:
        return LFWPeople(str(data.path), split="10fold", image_set=data.image_set).data, read_file
    except (RuntimeError, OSError) as error:
        raise BadInput(
            f"data.path={data.path}: torchvision finds no whole LFW in {data.path}/lfw-py, and no longer downloads it; "
            f"put lfw-{data.image_set}.tgz, its unpacked folder and the text files there, or use data.source=folder"
        ) from error


def _from_hub(data: LFWData) -> Source:
    import datasets

    if Path(data.hub).is_dir():
        found = datasets.load_from_disk(data.hub)
        table = found["train"] if isinstance(found, datasets.DatasetDict) else found
    else:
        table = datasets.load_dataset(data.hub, split="train")
    columns = [name for name, feature in table.features.items() if isinstance(feature, datasets.Image)]
    if not columns:
        raise BadInput(f"data.hub={data.hub}: no column of images among {', '.join(table.column_names)}")
    table = table.cast_column(columns[0], datasets.Image(decode=False))
    row_of = {name: row for row, name in enumerate(_file_names(table, columns[0]))}
    if not row_of:
        raise BadInput(f"data.hub={data.hub}: no column gives the images' file names, like Abel_Pacheco_0001.jpg")

    def read(name: str) -> bytes:
        image = table[row_of[name]][columns[0]]
        return image["bytes"] or read_file(image["path"])

    return list(row_of), read


def _file_names(table: Any, image_column: str) -> list[str]:
    """``Name_0001.jpg`` of every row, from the first text column that holds such names, or from the images' paths."""
    texts = [name for name, feature in table.features.items() if getattr(feature, "dtype", None) == "string"]
    for name in texts:
        values = [Path(value or "").name for value in table[name]]
        if all(map(FILE.fullmatch, values)):
            return values
    paths = [Path(image["path"] or "").name for image in table[image_column]]
    return paths if all(map(FILE.fullmatch, paths)) else []


SOURCES: dict[str, Callable[[LFWData], Source]] = {
    "folder": _from_folder,
    "torchvision": _from_torchvision,
    "hub": _from_hub,
}
