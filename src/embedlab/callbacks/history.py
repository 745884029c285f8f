"""The learning curve as a plain file."""

import json
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.trainer.states import TrainerFn

from embedlab.atomic import write_atomically


class History(pl.Callback):
    """Appends the logged numbers to ``history.jsonl``, one JSON object a line: step, epoch, and what was logged.

    A resumed run first drops the lines after the step it resumes from, so the file reads as if nothing had happened.

    Args:
        directory: the run directory.
        every_n_steps: how often training numbers are written; evaluation numbers always are.
    """

    def __init__(self, directory: str, every_n_steps: int = 10) -> None:
        self.path = Path(directory) / "history.jsonl"
        self.every_n_steps = every_n_steps

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep only what lies before the step training starts from."""
        if trainer.is_global_zero and self.path.exists():
            kept = [line for line in self.path.read_text().splitlines() if _step(line) <= trainer.global_step]
            lines = (line + "\n" for line in kept if _step(line) > 0 and trainer.global_step)
            write_atomically(self.path, "".join(lines))

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write the training numbers of every n-th step."""
        if trainer.global_step % self.every_n_steps == 0:
            self._write(trainer, "train/")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the validation numbers."""
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking:
            self._write(trainer, "val/")

    def _write(self, trainer: pl.Trainer, prefix: str) -> None:
        if not trainer.is_global_zero:
            return
        numbers = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith(prefix)}
        if numbers:
            line = {"step": trainer.global_step, "epoch": trainer.current_epoch, **numbers}
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")


def _step(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # the line a kill cut short
        return 1 << 62
