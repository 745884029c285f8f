"""Stops a run whose loss is no longer a number."""

from typing import Any

import pytorch_lightning as pl
import torch

from embedlab.errors import BadInput


class StopOnNonFinite(pl.Callback):
    """Ends training when the loss is NaN or infinite, saying at which step; the last good checkpoint stays.

    The check stays on the device and is read every ``every_n_steps`` and before a checkpoint could be written, so it
    costs no synchronisation at each step.

    Args:
        every_n_steps: how often the device is asked.
    """

    def __init__(self, every_n_steps: int = 20) -> None:
        self.every_n_steps = every_n_steps
        self._first_bad: torch.Tensor | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin with no bad step seen."""
        self._first_bad = None

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note the step if its loss is not finite; look every n steps and at the end of the epoch."""
        loss = outputs["loss"].detach()
        if self._first_bad is None:
            self._first_bad = torch.full((), -1, dtype=torch.long, device=loss.device)
        bad_now = ~torch.isfinite(loss) & (self._first_bad < 0)
        self._first_bad = torch.where(bad_now, trainer.global_step, self._first_bad)
        if trainer.global_step % self.every_n_steps == 0 or trainer.is_last_batch:
            step = int(self._first_bad)
            if step >= 0:
                raise BadInput(
                    f"the loss is not finite at step {step}: lower the learning rate or set trainer.gradient_clip_val; "
                    "the last good checkpoint is kept"
                )
