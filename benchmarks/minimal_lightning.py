"""A minimal Lightning script: what framework.py holds `embedlab train` against, for its start and for its steps.

    python benchmarks/minimal_lightning.py DIRECTORY [--channels 64] [--classes 32] [--steps 50]

The parts are those of `embedlab train`, put together by hand: data, sampler, model, loss, optimizer, Trainer settings.
"""

import argparse
from functools import partial
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch
from clocked import ClockedConv4
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch
from embedlab.data.omniglot import OmniglotData
from embedlab.data.samplers import MPerClassSampler
from embedlab.losses import TripletLoss

SEED, PER_CLASS, RATE = 1, 4, 0.001


class Size(NamedTuple):
    """How large a step is, and how many there are."""

    channels: int
    classes: int
    steps: int


def parts(size: Size) -> tuple[Any, nn.Module, nn.Module]:
    """The training loader, the model and the loss."""
    sampler = partial(
        MPerClassSampler, classes_per_batch=size.classes, samples_per_class=PER_CLASS, batches_per_epoch=size.steps
    )
    data = OmniglotData(sampler, seed=SEED, rotations=False)
    torch.manual_seed(SEED)
    model = ClockedConv4(data.input_shape, 64, size.channels, normalize=True)
    return data.train_dataloader(), model.to(memory_format=torch.channels_last), TripletLoss()


class Module(pl.LightningModule):
    """The model under its loss."""

    def __init__(self, model: nn.Module, loss: nn.Module) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        images, labels = batch
        embeddings = self.model(images.contiguous(memory_format=torch.channels_last))
        loss = self.loss(EmbeddingBatch(embeddings, labels))
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=RATE)


def train(size: Size, directory: str) -> float:
    """Train one epoch with Lightning's own progress bar, checkpoint and CSV log; the last loss."""
    loader, model, loss = parts(size)
    trainer = pl.Trainer(
        accelerator="cpu", devices=1, max_epochs=1, precision="bf16-mixed", deterministic="warn",
        logger=CSVLogger(directory), log_every_n_steps=10, enable_model_summary=False, use_distributed_sampler=False,
    )  # fmt: skip
    trainer.fit(Module(model, loss), loader)
    return trainer.callback_metrics["train/loss"].item()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    for name, default in zip(Size._fields, (64, 32, 50), strict=True):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    train(Size(given.channels, given.classes, given.steps), given.directory)
