"""Any folder of class folders of images."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.datasets.folder import IMG_EXTENSIONS
from torchvision.transforms import v2

from embedlab.data.decoding import ImageFiles, ImageFormat, decode, decode_all, read_file
from embedlab.data.images import ImageData, Images, Split
from embedlab.data.samplers import BatchSampler
from embedlab.errors import BadInput

FEWEST_EVALUATED = 4  # classes: verification chooses its threshold on two and judges it on two others
Classes = dict[str, list[str]]  # name of a class: its files


class ImageFolderData(ImageData):
    """``root/CLASS/**/IMAGE``: training, validation and test are of different *classes*, not images.

    The classes are dealt out at random by ``val_fraction``, ``test_fraction`` and ``split_seed``; unless ``root`` has a
    folder ``train`` (then ``train/CLASS``, and ``val/CLASS`` and ``test/CLASS`` where they exist, are the splits), or
    ``test_root`` gives the test classes. All images are decoded once at the start, which also finds the broken ones.

    Args:
        sampler: see :class:`ImageData`.
        root: the folder.
        test_root: another folder of class folders, to test on.
        image_size: side in pixels; images are cropped to a square about their centre and resized.
        channels: 3 (RGB) or 1 (grey).
        val_fraction: of the classes; 0 for no validation.
        test_fraction: of the classes; 0 for no test.
        split_seed: of the dealing; apart from ``seed``, so that all runs of a sweep have the same test classes.
        augmentation: ``flip``: probability of a mirror image; ``crop``: smallest part of the area that a random crop
            keeps, 1 for no crop.
        mean: of the pixel values 0..1, subtracted; a number for each channel, or one.
        std: of the pixel values, divided by.
        cache: keep all decoded images in memory; else decode again whenever needed.
        on_error: ``raise`` at an image that can't be read, or ``skip`` it.
        seed: of the experiment.
        eval_batch_size: rows a step in validation and test.
        num_workers: loader processes.
    """

    def __init__(
        self,
        sampler: Callable[..., BatchSampler],
        root: str | None = None,
        test_root: str | None = None,
        image_size: int = 64,
        channels: int = 3,
        val_fraction: float = 0.1,
        test_fraction: float = 0.2,
        split_seed: int = 0,
        augmentation: Mapping[str, float] | None = None,
        mean: Sequence[float] = (0.5,),
        std: Sequence[float] = (0.5,),
        cache: bool = True,
        on_error: str = "raise",
        seed: int = 0,
        eval_batch_size: int = 256,
        num_workers: int = 0,
    ) -> None:
        augment = crop_and_flip(image_size, **(augmentation or {}))
        super().__init__(sampler, seed, eval_batch_size, num_workers, augment, mean, std)
        if root is None:
            raise BadInput("data.root is missing: the folder of class folders, data.root=PATH")
        if min(val_fraction, test_fraction) < 0 or val_fraction + test_fraction >= 1:
            raise BadInput(
                f"data.val_fraction={val_fraction} and data.test_fraction={test_fraction}: "
                "none is below 0, and together they are below 1"
            )
        self.root, self.test_root = Path(root), Path(test_root) if test_root else None
        self.form = ImageFormat(image_size, channels)
        self.val_fraction, self.test_fraction, self.split_seed = val_fraction, test_fraction, split_seed
        self.cache, self.on_error = cache, on_error

    @cached_property
    def _files(self) -> dict[str, Classes]:
        """Class names and files of each split."""
        if not self.root.is_dir():
            raise BadInput(f"data.root={self.root}: no such folder")
        if (self.root / "train").is_dir():
            names = [name for name in ("train", "val", "test") if (self.root / name).is_dir()]
            splits = {name: find_classes(self.root / name) for name in names}
        else:
            splits = self._deal(find_classes(self.root))
        if self.test_root is not None:
            splits["test"] = find_classes(self.test_root)
        return splits

    def _deal(self, classes: Classes) -> dict[str, Classes]:
        fractions = {"test": 0.0 if self.test_root else self.test_fraction, "val": self.val_fraction}
        order = np.random.default_rng(self.split_seed).permutation(sorted(classes)).tolist()
        splits = {}
        for name, fraction in fractions.items():
            if fraction:
                count = max(FEWEST_EVALUATED, round(fraction * len(classes)))
                order, dealt = order[count:], order[:count]
                splits[name] = dealt
        if len(order) < 2:
            raise BadInput(
                f"data.root={self.root}: {len(classes)} classes are too few to take {FEWEST_EVALUATED} for each of "
                f"{' and '.join(splits)} and two to train on; data.val_fraction=0 or data.test_fraction=0 takes fewer"
            )
        splits["train"] = order
        return {
            name: {c: classes[c] for c in sorted(splits[name])} for name in ("train", "val", "test") if name in splits
        }

    def load(self) -> dict[str, Split]:
        """The splits, every image of them decoded once."""
        return {name: self._split(classes) for name, classes in self._files.items()}

    def _split(self, classes: Classes) -> Split:
        files = [file for members in classes.values() for file in members]
        label = np.repeat(list(classes), [len(members) for members in classes.values()])
        images: Images
        images, good = decode_all(files, read_file, self.form, self.on_error, keep=self.cache)
        if not self.cache:
            images = ImageFiles([files[row] for row in good], self.form)
        names, labels = np.unique(label[good], return_inverse=True)
        if len(names) < 2:
            raise BadInput(f"data.root={self.root}: fewer than two of {len(classes)} classes have readable images")
        return Split(images, torch.from_numpy(labels.astype(np.int64)), names.tolist())

    def decode(self, data: bytes) -> torch.Tensor:
        """Upright, cropped and resized as the images of the splits: uint8 ``(C, H, W)``."""
        return decode(data, self.form)

    @property
    def checksum(self) -> str:
        """sha256 of the names and sizes of all files."""
        digest = hashlib.sha256()
        for split, classes in self._files.items():
            for name, files in classes.items():
                for file in files:
                    digest.update(f"{split}/{name}/{Path(file).name}:{Path(file).stat().st_size}\n".encode())
        return digest.hexdigest()


def find_classes(root: Path) -> Classes:
    """The image files below each folder in ``root``, in alphabetical order.

    Raises:
        BadInput: no such folder, nothing in it, or a single class.
    """
    if not root.is_dir():
        raise BadInput(f"{root}: no such folder")
    classes = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        files = sorted(str(file) for file in folder.rglob("*") if file.suffix.lower() in IMG_EXTENSIONS)
        if files:
            classes[folder.name] = files
    if not classes:
        raise BadInput(f"{root}: no images; expected {root}/CLASS/IMAGE with endings {' '.join(IMG_EXTENSIONS)}")
    if len(classes) == 1:
        raise BadInput(f"{root}: only one class, {next(iter(classes))}; an embedding is learned from two or more")
    return classes


def crop_and_flip(image_size: int, flip: float = 0.0, crop: float = 1.0) -> Callable[[Tensor], Tensor] | None:
    """Random resized crop and mirror image, each image of a batch with its own; None where both are off.

    Args:
        image_size: side in pixels.
        flip: probability of a mirror image.
        crop: smallest part of the area kept, above 0; 1 for no crop.
    """
    if not 0 <= flip <= 1:
        raise BadInput(f"data.augmentation.flip={flip}: a probability is from 0 to 1")
    if not 0 < crop <= 1:
        raise BadInput(f"data.augmentation.crop={crop}: the smallest part of the area kept, above 0 and up to 1")
    transforms: list[torch.nn.Module] = []
    if crop < 1:
        transforms.append(v2.RandomResizedCrop(image_size, scale=(crop, 1.0), antialias=True))
    if flip:
        transforms.append(v2.RandomHorizontalFlip(flip))
    if not transforms:
        return None
    return partial(_each, v2.Compose(transforms))


def _each(transform: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    return torch.stack([transform(image) for image in images])
