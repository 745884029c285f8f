"""What every image data module shares: splits of images with labels, and loaders whose batches follow from a seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from embedlab.data.loader import TrainLoader
from embedlab.data.samplers import BatchIndices, BatchSampler, InOrderSampler
from embedlab.errors import BadInput

Augmentation = Callable[[Tensor], Tensor]


class Images(Protocol):
    """Images of one size, taken by rows: a uint8 tensor ``(N, C, H, W)``, or files decoded on demand."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: list[int]) -> Tensor:
        """uint8 ``(len(rows), C, H, W)``."""
        ...


@dataclass(frozen=True)
class Split:
    """Images of one split, the label ``(N,)`` of each, and the class name of each label value."""

    images: Images
    labels: Tensor
    class_names: list[str]


class ImageBatches(Dataset[tuple[Tensor, Tensor]]):
    """Whole batches by name: ``dataset[BatchIndices] -> (float32 (B, C, H, W), int64 (B,))``.

    Values are ``(v − mean) / std`` of v in 0..1. The augmentation runs under the batch's own seed and leaves the
    global generator as it was, so a batch is the same in any worker and at any time.
    """

    def __init__(
        self,
        split: Split,
        augmentation: Augmentation | None = None,
        mean: Sequence[float] = (0.0,),
        std: Sequence[float] = (1.0,),
    ) -> None:
        self.split, self.augmentation = split, augmentation
        self.mean, self.std = (torch.tensor(v, dtype=torch.float32).view(-1, 1, 1) for v in (mean, std))

    def __len__(self) -> int:
        return len(self.split.labels)

    def __getitem__(self, batch: BatchIndices) -> tuple[Tensor, Tensor]:
        images = self.split.images[batch.indices].float() / 255
        if self.augmentation is not None:
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(batch.seed)  # torch.manual_seed would reseed the GPUs too
                images = self.augmentation(images)
        return (images - self.mean) / self.std, self.split.labels[batch.indices]


class ImageData(LightningDataModule):
    """Base of the image data modules: a subclass loads the splits, this makes loaders of them.

    Args:
        sampler: ``sampler(labels, seed=seed)`` gives the training :class:`BatchSampler`.
        seed: of the experiment.
        eval_batch_size: rows a step in validation and test.
        num_workers: loader processes; 0 loads in the training process. The data are the same for any number.
        augmentation: of training batches.
        mean, std: one number a channel, or one for all.
    """

    def __init__(
        self,
        sampler: Callable[..., BatchSampler],
        seed: int,
        eval_batch_size: int,
        num_workers: int,
        augmentation: Augmentation | None = None,
        mean: Sequence[float] = (0.0,),
        std: Sequence[float] = (1.0,),
    ) -> None:
        super().__init__()
        self.sampler, self.seed = sampler, seed
        self.eval_batch_size, self.num_workers = eval_batch_size, num_workers
        self.augmentation, self.mean, self.std = augmentation, mean, std

    def load(self) -> Mapping[str, Split]:
        """The splits by name: ``train``, and those of ``val`` and ``test`` there are."""
        raise NotImplementedError

    @cached_property
    def splits(self) -> Mapping[str, Split]:
        """What :meth:`load` gave, loaded on first use."""
        return self.load()

    def prepare_data(self) -> None:
        """Load (and so download, where the source is one), unless done already."""
        _ = self.splits

    def setup(self, stage: str | None = None) -> None:
        """Load, unless done already."""
        _ = self.splits

    @property
    def num_classes(self) -> int:
        """Training classes."""
        return len(self.class_names)

    @property
    def class_names(self) -> list[str]:
        """Names of the training classes, by label."""
        return self.splits["train"].class_names

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        channels, height, width = self.splits["train"].images[[0]].shape[1:]
        return channels, height, width

    @property
    def sizes(self) -> dict[str, Any]:
        """What a model is built for: ``num_classes`` and ``input_shape``."""
        return {"num_classes": self.num_classes, "input_shape": list(self.input_shape)}

    @property
    def checksum(self) -> str:
        """Fingerprint of the data, the same for the same data."""
        raise NotImplementedError

    def summary(self) -> str:
        """One line: classes and images of each split."""
        sizes = (f"{k} {len(s.class_names)} classes, {len(s.labels)} images" for k, s in self.splits.items())
        return f"{type(self).__name__}: {'; '.join(sizes)}; {'×'.join(map(str, self.input_shape))}"

    def evaluation_names(self, split: str) -> list[str]:
        """Class name of each label value of that split."""
        return self.splits[split].class_names

    def evaluation_extras(self, split: str) -> dict[str, Any]:
        """The data set's own ``pairs`` and ``episodes`` of that split; rows are those of its loader."""
        return {}

    def thumbnails(self, split: str, rows: Sequence[int]) -> NDArray[np.uint8]:
        """Pictures for the report: ``(n, H, W)`` grey or ``(n, H, W, 3)``."""
        images = self.splits[split].images[list(rows)]
        return images[:, 0].numpy() if images.shape[1] == 1 else images.permute(0, 2, 3, 1).numpy()

    def decode(self, data: bytes) -> Tensor:
        """An encoded image as the images of the splits are: uint8 ``(C, H, W)``."""
        raise NotImplementedError

    def read(self, file: str | Path) -> Tensor:
        """An image file as the model takes it: float32 ``(C, H, W)``.

        Raises:
            BadInput: it is not there, or no image.
        """
        try:
            image = self.decode(Path(file).read_bytes())
        except OSError as error:
            raise BadInput(f"{file}: {error.strerror or 'no readable image'}") from error
        except Exception as error:  # Pillow's decoders raise many kinds
            raise BadInput(f"{file}: no readable image ({' '.join(str(error).split())})") from error
        one = Split(image[None], torch.zeros(1, dtype=torch.long), [""])
        return ImageBatches(one, mean=self.mean, std=self.std)[BatchIndices([0], 0)][0][0]

    def train_dataloader(self) -> TrainLoader:
        """Batches as the sampler names them."""
        split = self.splits["train"]
        batches = ImageBatches(split, self.augmentation, self.mean, self.std)
        return TrainLoader(batches, sampler=self.sampler(split.labels, seed=self.seed), **self._loading)

    def val_dataloader(self) -> DataLoader | list[DataLoader]:
        """The validation split in order; an empty list where there is none."""
        return self._in_order("val")

    def test_dataloader(self) -> DataLoader | list[DataLoader]:
        """The test split in order; an empty list where there is none."""
        return self._in_order("test")

    def _in_order(self, name: str) -> DataLoader | list[DataLoader]:
        if name not in self.splits:
            return []
        batches = ImageBatches(self.splits[name], mean=self.mean, std=self.std)
        return DataLoader(batches, sampler=InOrderSampler(len(batches), self.eval_batch_size), **self._loading)

    @property
    def _loading(self) -> dict[str, Any]:
        return {
            "batch_size": None,
            "num_workers": self.num_workers,
            "persistent_workers": self.num_workers > 0,
            "pin_memory": torch.cuda.is_available(),
            "generator": torch.Generator(),  # else each epoch would draw from the global one
        }
