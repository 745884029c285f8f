"""A callback that looks at the clock when a training step begins, and at the loss when it ends."""

import time
from typing import Any, ClassVar

import pytorch_lightning as pl


class ClockedSteps(pl.Callback):
    """Notes when each step of training begins, by the clock and by the processor time of this process, and its loss."""

    beginnings: ClassVar[list[tuple[float, float]]] = []
    losses: ClassVar[list[float]] = []

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self.note()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self.losses.append(float(trainer.callback_metrics["train/loss"]))

    @classmethod
    def note(cls) -> None:
        cls.beginnings.append((time.perf_counter(), time.process_time()))
