"""What all language models share: a vocabulary, and the evaluation of every token of a text."""

import logging
import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.strategies import FSDPStrategy
from torch import Tensor

from embedlab.batch import TokenWindow
from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate

log = logging.getLogger(__name__)


class LanguageTask(pl.LightningModule, ABC):
    """Evaluates a model of the next token on every token of a text, in one row, and keeps the vocabulary.

    A checkpoint alone is so enough to generate text. Each rank goes through all of a text: no token is left out or
    counted twice.

    Args:
        gallery: writes ``samples.json`` when the run is over, as :class:`embedlab.apps.gallery.Gallery`; None: nothing.

    Attributes:
        words: the vocabulary; from the data or from a checkpoint.
    """

    def __init__(self, gallery: Any = None) -> None:
        super().__init__()
        self.gallery = gallery
        self.words: list[str] = []
        self._sums: dict[str, float] = {}
        self._estimates: dict[str, dict[str, Estimate]] = {}

    @property
    def data(self) -> Any:
        """The run's :class:`embedlab.data.language_modeling.LanguageModelingData`."""
        return self.trainer.datamodule  # type: ignore[attr-defined]

    def setup(self, stage: str) -> None:
        """Note the vocabulary."""
        if not hasattr(self.data, "corpora"):
            raise BadInput(f"data={type(self.data).__name__}: language models take data=language_modeling")
        self.words = self.data.corpora["train"].vocabulary.words

    @abstractmethod
    def negative_log_likelihoods(self, batch: TokenWindow) -> Tensor:
        """``−ln p`` of a window's targets in one row ``(steps,)``, each after all that stands before it.

        Windows come in order, and each goes on from the one before unless it is the first.
        """

    @abstractmethod
    def next_token(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """``ln p`` ``(V,)`` of the token after these ``(n,)``, n ≥ 1, and the state to go on from.

        The state that is given stays as it is: several continuations may go on from it.
        """

    def on_validation_epoch_start(self) -> None:
        """Begin with nothing counted."""
        self._sums = {"nats": 0.0, "tokens": 0}

    def validation_step(self, batch: TokenWindow, batch_idx: int) -> None:
        """Add up a window."""
        nats = self.negative_log_likelihoods(batch)
        self._sums["nats"] += nats.cpu().double().sum().item()
        self._sums["tokens"] += nats.numel()

    def on_validation_epoch_end(self) -> None:
        """Log what validation found."""
        self._conclude("val")

    on_test_epoch_start = on_validation_epoch_start
    test_step = validation_step

    def on_test_epoch_end(self) -> None:
        """Log what the test found."""
        self._conclude("test")

    def _conclude(self, split: str) -> None:
        nats, tokens = self._sums["nats"], int(self._sums["tokens"])
        characters = self.data.characters(split, tokens)  # trainer.limit_val_batches may leave out the rest
        if math.isinf(nats):
            log.warning(
                "%s: the model gives some token probability 0: its perplexity is infinite, and stands in no table",
                split,
            )
        found = {
            "perplexity": _exp(nats / tokens), "loss": nats / tokens,
            "bits_per_character": nats / math.log(2) / characters,
            "tokens": tokens, "characters": characters, "unknown_fraction": self.data.unknown_fraction(split, tokens),
        }  # fmt: skip
        self._estimates[split] = {f"{split}/{name}": Estimate(float(value)) for name, value in found.items()}
        self.log_dict({name: estimate.value for name, estimate in self._estimates[split].items()}, batch_size=1)

    def estimates(self, split: str) -> dict[str, Estimate]:
        """The numbers of the last evaluation of ``val`` or ``test``.

        ``perplexity`` is the exponential of ``loss``, the mean of ``−ln p`` over all ``tokens`` of the text, an
        unknown one being ``<unk>``; ``bits_per_character`` is its sum in bits over ``characters``, those of the text
        as its tokens are written. ``unknown_fraction`` is the share of tokens that are ``<unk>``.
        """
        return self._estimates.get(split, {})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the vocabulary."""
        checkpoint["words"] = self.words

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it back.

        Raises:
            BadInput: the text has another vocabulary.
        """
        if self.words and checkpoint["words"] != self.words:
            raise BadInput("data.path: the text has another vocabulary than when the run began")
        self.words = checkpoint["words"]

    def save(self, directory: Path) -> None:
        """Leave what the model writes; all else is in the checkpoint."""
        if self.gallery is not None and not isinstance(self.trainer.strategy, FSDPStrategy):  # no rank has all weights
            self.eval()
            self.gallery.save(directory, self.next_token, self.words)


def _exp(nats: float) -> float:
    return math.exp(nats) if nats < 700 else math.inf
