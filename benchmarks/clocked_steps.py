"""A callback that looks at the clock when a training step begins."""

import time
from typing import Any, ClassVar

import pytorch_lightning as pl


class ClockedSteps(pl.Callback):
    """Notes when each step of training begins: by the clock, and by the processor time of this process."""

    beginnings: ClassVar[list[tuple[float, float]]] = []

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self.note()

    @classmethod
    def note(cls) -> None:
        cls.beginnings.append((time.perf_counter(), time.process_time()))
