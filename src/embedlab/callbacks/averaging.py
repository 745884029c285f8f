"""Weights averaged over steps, once the run no longer gets better by itself."""

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import WeightAveraging


class NonMonotonicAveraging(WeightAveraging):
    """Evaluates and saves the mean of all weights since a validation number stopped falling.

    That is from the validation on whose number is above the least of those more than ``patience`` before it. With
    ``optimizer=sgd`` without momentum this is NT-ASGD (Merity, Keskar, Socher 2018). Training itself goes on from its
    own weights, which checkpoints keep besides.

    Args:
        monitor: name of the number.
        patience: validations within which it need not fall; 5 in the paper.
    """

    def __init__(self, monitor: str = "val/loss", patience: int = 5) -> None:
        super().__init__()
        self.monitor, self.patience = monitor, patience
        self.numbers: list[float] = []
        self.triggered = False

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Average where the weights are: when Lightning makes the copy they are still on the CPU."""
        assert self._average_model is not None
        self._average_model.to(pl_module.device)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take the weights into the mean; until it is time, the mean is of the present ones alone."""
        if not self.triggered:
            assert self._average_model is not None
            self._average_model.n_averaged.zero_()
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """See whether it is time."""
        number = trainer.callback_metrics.get(self.monitor)
        if number is None or trainer.sanity_checking:
            return
        before = self.numbers[: -self.patience] if self.patience else self.numbers
        self.triggered |= bool(before) and float(number) > min(before)
        self.numbers.append(float(number))

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {**super().state_dict(), "numbers": self.numbers, "triggered": self.triggered}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back."""
        super().load_state_dict(state_dict)
        self.numbers, self.triggered = list(state_dict["numbers"]), state_dict["triggered"]
