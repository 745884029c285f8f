"""Checkpoints of short epochs, not after each."""

import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint


class TimedCheckpoint(ModelCheckpoint):
    """Lightning's, that leaves out the end of an epoch if it wrote a short while ago; the last epoch's it never does.

    Where an epoch takes seconds, as of word vectors on one book, tables of hundreds of megabytes after each would cost
    more than a kill does.

    Args:
        min_seconds: between two checkpoints at the end of epochs, at least.
        options: Lightning's.
    """

    def __init__(self, min_seconds: float = 10.0, **options: Any) -> None:
        super().__init__(**options)
        self.min_seconds = min_seconds

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Time from here on."""
        super().on_train_start(trainer, pl_module)
        self._written = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write, if it is time or training ends here; rank 0 looks at its clock for all."""
        over = trainer.should_stop or trainer.current_epoch + 1 == trainer.max_epochs
        over = over or 0 <= trainer.max_steps <= trainer.global_step
        if trainer.strategy.broadcast(over or time.monotonic() - self._written >= self.min_seconds):
            super().on_train_epoch_end(trainer, pl_module)
            self._written = time.monotonic()
