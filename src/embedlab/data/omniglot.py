"""Omniglot: 1623 handwritten characters of 50 alphabets, each drawn once by 20 people."""

import hashlib
import io
import lzma
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from embedlab.data.augmentation import RandomAffine
from embedlab.data.decoding import ImageFormat, decode
from embedlab.data.images import ImageData, Split
from embedlab.data.samplers import BatchSampler
from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Episode

BUNDLED = "omniglot_28.npz"
BUNDLED_SHA256 = "f1aa87fdf15fa56438b6b14285bd7ac8a338898497ddf6dada2ab86a515b1e5d"
SIDE, LEVELS, DRAWERS = 28, 16, 20
DRAWN_SIDE = 105  # of the published drawings
ROTATIONS = (0, 90, 180, 270)
VALIDATION_ALPHABETS = ("Bengali", "Greek", "Hebrew", "Korean", "Tifinagh")


class OmniglotData(ImageData):
    """Omniglot shrunk to 28×28 grey, ink = 1 on 0; classes are ``Alphabet/characterNN[/rotNNN]``.

    Lake, Salakhutdinov, Tenenbaum, "Human-level concept learning through probabilistic program induction", Science
    2015. The bundled copy is under its MIT licence (``bundled/OMNIGLOT_LICENSE.txt``).

    ``split="vinyals"`` is that of the few-shot papers (Vinyals et al. 2016): training, validation and test characters,
    with ``rotations`` each character turned by 0°, 90°, 180° and 270° being four classes (4112 / 688 / 1692).

    ``split="background_evaluation"`` is Lake's own: training on the 30 background alphabets, test on the 20 evaluation
    alphabets, with Lake's 20 within-alphabet 20-way one-shot runs as ``episodes``. Validation is five background
    alphabets held out of training (:data:`VALIDATION_ALPHABETS`), with one-shot runs made as Lake's are; ``rotations``
    make more training classes, validation and test stay upright.

    Args:
        sampler: see :class:`ImageData`.
        seed: of the experiment.
        split: ``vinyals`` or ``background_evaluation``.
        rotations: 90° rotations as classes.
        validation: hold validation classes out; without, training takes them too and there is no validation split.
        augmentation: arguments of :class:`RandomAffine`; nothing is changed where all are zero.
        source: ``bundled``; ``folder``: ``path`` holds ``images_background/Alphabet/characterNN/*.png`` and
            ``images_evaluation/…`` as published; ``torchvision``: downloaded below ``path`` first.
        path: of the sources ``folder`` and ``torchvision``.
        eval_batch_size: rows a step in validation and test.
        num_workers: loader processes.
    """

    def __init__(
        self,
        sampler: Callable[..., BatchSampler],
        seed: int = 0,
        split: str = "vinyals",
        rotations: bool = True,
        validation: bool = True,
        augmentation: Mapping[str, Any] | None = None,
        source: str = "bundled",
        path: str | None = None,
        eval_batch_size: int = 1024,
        num_workers: int = 0,
    ) -> None:
        super().__init__(sampler, seed, eval_batch_size, num_workers, RandomAffine(**(augmentation or {})))
        if split not in ("vinyals", "background_evaluation"):
            raise BadInput(f"data.split={split}: Omniglot has vinyals and background_evaluation")
        if source not in ("bundled", "folder", "torchvision"):
            raise BadInput(f"data.source={source}: Omniglot comes from bundled, folder or torchvision")
        if source != "bundled" and path is None:
            raise BadInput(f"data.source={source} needs data.path, the folder that holds (or will hold) the images")
        self.split, self.rotations, self.validation = split, rotations, validation
        self.source, self.path = source, path

    @cached_property
    def _contents(self) -> dict[str, NDArray[Any]]:
        return read_bundled()

    @cached_property
    def _images(self) -> NDArray[np.uint8]:
        """All images ``(1623, 20, 28, 28)``, 0..15: by class, then drawer."""
        if self.source == "bundled":
            return unpack(self._contents["images"])
        root = Path(str(self.path))
        if self.source == "torchvision":
            from torchvision.datasets import Omniglot

            for background in (True, False):
                Omniglot(str(root), background=background, download=True)
            root = root / "omniglot-py"
        return read_folder(root, self._names)

    @cached_property
    def _names(self) -> list[str]:
        """``Alphabet/characterNN`` of the 1623 classes: background first, each part in alphabetical order."""
        c = self._contents
        pairs = zip(c["alphabet"], c["character"], strict=True)
        return [f"{c['alphabet_names'][alphabet]}/character{character:02d}" for alphabet, character in pairs]

    @property
    def checksum(self) -> str:
        """sha256 of all images at 28×28."""
        return hashlib.sha256(self._images.tobytes()).hexdigest()

    @cached_property
    def _classes(self) -> dict[str, list[tuple[int, int]]]:
        """The classes of each split as (character, quarter turns)."""
        c, turns = self._contents, range(len(ROTATIONS) if self.rotations else 1)
        if self.split == "vinyals":
            lists = {name: c[f"vinyals_{name}"].tolist() for name in ("train", "val", "test")}
            classes = {name: [(k, r) for k, r in rows if r in turns] for name, rows in lists.items()}
        else:
            background = np.arange(len(c["alphabet"])) < c["background_classes"]
            held_out = np.isin(c["alphabet_names"], VALIDATION_ALPHABETS)[c["alphabet"]]
            classes = {
                "train": [(int(k), r) for k in np.flatnonzero(background & ~held_out) for r in turns],
                "val": [(int(k), 0) for k in np.flatnonzero(background & held_out)],
                "test": [(int(k), 0) for k in np.flatnonzero(~background)],
            }
        if not self.validation:
            characters = dict.fromkeys(k for k, _ in classes["train"] + classes.pop("val"))
            classes["train"] = [(k, r) for k in characters for r in turns]
        return classes

    def load(self) -> dict[str, Split]:
        """The splits chosen, all images of one as rows of a uint8 tensor, class by class and drawer by drawer."""
        return {name: self._split(classes) for name, classes in self._classes.items()}

    def _split(self, classes: Sequence[tuple[int, int]]) -> Split:
        images = np.stack([np.rot90(self._images[k], r, axes=(1, 2)) for k, r in classes])
        names = [f"{self._names[k]}/rot{ROTATIONS[r]:03d}" if self.rotations else self._names[k] for k, r in classes]
        return Split(
            images=torch.from_numpy(images.reshape(-1, 1, SIDE, SIDE) * np.uint8(255 // (LEVELS - 1))),
            labels=torch.arange(len(classes)).repeat_interleave(DRAWERS),
            class_names=names,
        )

    def evaluation_extras(self, split: str) -> dict[str, Any]:
        """For ``background_evaluation``: Lake's 20 runs (test), or runs made alike (val)."""
        if self.split == "vinyals":
            return {}
        c = self._contents
        if split == "test":
            offset = int(c["background_classes"]) * DRAWERS
            return {"episodes": tuple(_episode(s - offset, q - offset) for s, q in c["runs"])}
        alphabets = c["alphabet"][[k for k, _ in self._classes["val"]]]
        return {"episodes": one_shot_runs(alphabets, seed=0)}

    def decode(self, data: bytes) -> torch.Tensor:
        """A drawing, dark on light, as the bundled ones are: uint8 ``(1, 28, 28)``, 255 for ink."""
        drawing = decode(data, ImageFormat(DRAWN_SIDE, channels=1))
        return torch.from_numpy(shrink(drawing.numpy() < 128) * np.uint8(255 // (LEVELS - 1)))

    def thumbnails(self, split: str, rows: Sequence[int]) -> NDArray[np.uint8]:
        """Black ink on white ``(n, 28, 28)``."""
        return 255 - super().thumbnails(split, rows)


def one_shot_runs(alphabets: NDArray[np.integer], seed: int, runs: int = 20) -> tuple[Episode, ...]:
    """Within-alphabet 20-way one-shot runs as Lake made them: one drawer shows 20 characters, another asks for them.

    Args:
        alphabets: alphabet of each class ``(K,)``; a class has :data:`DRAWERS` adjacent rows.
        seed: of the choice of characters and drawers.
        runs: how many, dealt round the alphabets of 20 characters or more.
    """
    random, ways = np.random.default_rng(seed), 20
    large = [a for a in np.unique(alphabets) if (alphabets == a).sum() >= ways]
    episodes = []
    for run in range(runs):
        classes = random.choice(np.flatnonzero(alphabets == large[run % len(large)]), ways, replace=False)
        shows, asks = random.choice(DRAWERS, 2, replace=False)
        episodes.append(_episode(classes * DRAWERS + shows, classes * DRAWERS + asks))
    return tuple(episodes)


def _episode(support: NDArray[np.int64], query: NDArray[np.int64]) -> Episode:
    labels = np.arange(len(support))
    return Episode(support=support, support_labels=labels, query=query, query_labels=labels)


def read_bundled() -> dict[str, NDArray[Any]]:
    """The arrays of the bundled file, its checksum verified (made by ``scripts/pack_omniglot.py``).

    ``images``: see :func:`unpack`. ``alphabet``, ``character`` ``(1623,)``: of each class; ``alphabet_names``;
    ``background_classes``: how many classes come first that are the background set. ``runs (20, 2, 20)``: Lake's
    support and query rows (class · 20 + drawer), the k-th query being of the class of the k-th support.
    ``vinyals_{train,val,test} (K, 2)``: class and quarter turns.
    """
    data = resources.files("embedlab.data").joinpath("bundled", BUNDLED).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != BUNDLED_SHA256:
        raise BadInput(
            f"the bundled {BUNDLED} is damaged (sha256 {found[:8]}…, not {BUNDLED_SHA256[:8]}…): install embedlab again"
        )
    with np.load(io.BytesIO(data)) as arrays:
        return dict(arrays)


def shrink(ink: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Drawings ``(N, 105, 105)``, True where ink, to ``(N, 28, 28)`` in 0..15: antialiased bilinear, rounded."""
    size = (SIDE, SIDE)
    grey = [np.asarray(Image.fromarray(i * np.uint8(255)).resize(size, Image.Resampling.BILINEAR)) for i in ink]
    return np.rint(np.stack(grey) / 255 * (LEVELS - 1)).astype(np.uint8)


def pack(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images of values 0..15, two pixels a byte, compressed by xz."""
    flat = images.reshape(-1)
    packed = lzma.compress((flat[::2] << 4 | flat[1::2]).tobytes(), preset=9 | lzma.PRESET_EXTREME)
    return np.frombuffer(packed, dtype=np.uint8)


def unpack(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The inverse of :func:`pack`, by class and drawer ``(K, 20, 28, 28)``."""
    pixels = np.frombuffer(lzma.decompress(packed.tobytes()), dtype=np.uint8)
    return np.stack([pixels >> 4, pixels & 15], axis=1).reshape(-1, DRAWERS, SIDE, SIDE)


def read_folder(root: Path, names: Sequence[str]) -> NDArray[np.uint8]:
    """The published PNG trees below ``root``, of these classes, in the order and values of the bundled images."""
    images = []
    for name in names:
        found = sorted(root.glob(f"images_*/{name}/*.png"))
        if len(found) != DRAWERS:
            raise BadInput(
                f"data.path={root}: {len(found)} drawings of {name}, not {DRAWERS}; it should hold "
                "images_background/Alphabet/characterNN/*.png and images_evaluation/…"
            )
        images.append(shrink(np.stack([np.asarray(Image.open(file).convert("L")) < 128 for file in found])))
    return np.stack(images)
