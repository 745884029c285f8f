"""What classifiers of texts and taggers share: one optimizer, and protocols run on all held-out texts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytorch_lightning as pl
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from embedlab.atomic import write_arrays
from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.tagging import TaggingResult


class TextTask(pl.LightningModule, ABC):
    """Trains by one optimizer; evaluates by protocols, each rank on its own.

    A subclass collects what it finds in ``validation_step``, and begins anew in ``on_validation_epoch_start``.

    Args:
        model: what is trained.
        loss: its output layer.
        optimizer: ``parameters -> Optimizer``.
        scheduler: ``optimizer -> LRScheduler``, stepped once an epoch; None for a constant rate.
        validation: protocols run on the validation texts after an epoch, by name.
        evaluation: protocols run on the test texts at the end, by name.
        seed: of the run; the randomness of step t is a function of (seed, t).

    Attributes:
        protocol: what all protocols are,
        unlike: and what is said of one that is not.
    """

    protocol: ClassVar[type]
    unlike: ClassVar[str]

    def __init__(
        self,
        model: nn.Module,
        loss: nn.Module,
        optimizer: Callable[[Iterable[Any]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler] | None,
        validation: Mapping[str, Any] | None,
        evaluation: Mapping[str, Any] | None,
        seed: int,
    ) -> None:
        super().__init__()
        self.model: Any
        self.loss: Any
        self.model, self.loss = model, loss
        self.optimizer, self.scheduler, self.seed = optimizer, scheduler, seed
        self.protocols = {"val": dict(validation or {}), "test": dict(evaluation or {})}
        self.results: dict[str, dict[str, TaggingResult]] = {}

    @property
    def data(self) -> Any:
        """The run's data module."""
        return self.trainer.datamodule  # type: ignore[attr-defined]

    def configure_optimizers(self) -> Any:
        """One optimizer of all weights that are trained."""
        optimizer = self.optimizer([weight for weight in self.parameters() if weight.requires_grad])
        if self.scheduler is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": self.scheduler(optimizer)}

    def on_validation_epoch_end(self) -> None:
        """Run the validation protocols."""
        self._evaluate("val")

    def on_test_epoch_start(self) -> None:
        """Begin as validation does."""
        self.on_validation_epoch_start()

    def test_step(self, batch: Any, batch_idx: int) -> None:
        """As in validation."""
        self.validation_step(batch, batch_idx)

    def on_test_epoch_end(self) -> None:
        """Run the evaluation protocols."""
        self._evaluate("test")

    @abstractmethod
    def evaluated(self, split: str) -> Any:
        """What protocols are given: what was found of ``val`` or ``test``, beside what people say of it."""

    def _evaluate(self, split: str) -> None:
        evaluated = self.evaluated(split)
        self.results[split] = {}
        for name, protocol in self.protocols[split].items():
            if not isinstance(protocol, self.protocol):
                raise BadInput(f"evaluation has {name}, {self.unlike}")
            self.results[split][name] = protocol(evaluated)  # type: ignore[operator]
        self.log_dict({name: estimate.value for name, estimate in self.estimates(split).items()}, batch_size=1)

    def estimates(self, split: str) -> dict[str, Estimate]:
        """The numbers of the last evaluation of ``val`` or ``test``, named ``split/metric``."""
        results = self.results.get(split, {}).values()
        return {f"{split}/{name}": value for result in results for name, value in result.metrics().items()}

    def save(self, directory: Path) -> None:
        """What the report shows, into ``evaluation/test.npz``."""
        arrays: dict[str, Any] = {}
        for result in self.results["test"].values():
            arrays |= result.arrays()
        write_arrays(directory / "evaluation" / "test.npz", arrays)
