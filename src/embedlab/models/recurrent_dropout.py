"""Dropout of recurrent models, after Zaremba et al. (2014) and after Merity et al. (2018)."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from embedlab.errors import check_probability


@dataclass(frozen=True)
class RecurrentDropout:
    """Probabilities of being dropped in training, by place.

    Args:
        words: a token's embedding, at all its places in the text at once.
        inputs: what the first layer is given.
        layers: what a layer gives the next.
        outputs: what the last layer gives.
        weights: weights from the hidden vector of one step to the next, the same for all steps of a window
            (DropConnect, Wan et al. 2013; Merity et al. 2018).
        locked: what is dropped of ``inputs``, ``layers`` and ``outputs`` is so at all steps of a row (variational
            dropout, Gal, Ghahramani 2016); otherwise it is drawn for each step.

    Raises:
        BadInput: not a probability below 1.
    """

    words: float = 0.0
    inputs: float = 0.0
    layers: float = 0.0
    outputs: float = 0.0
    weights: float = 0.0
    locked: bool = False

    def __post_init__(self) -> None:
        for place in ("words", "inputs", "layers", "outputs", "weights"):
            check_probability(f"model.dropout.{place}", getattr(self, place))

    @classmethod
    def of(cls, given: "float | Mapping[str, float]") -> "RecurrentDropout":
        """By place, or one number for ``inputs``, ``layers`` and ``outputs``, as Zaremba et al. (2014) have it."""
        if isinstance(given, Mapping):
            return cls(**given)  # type: ignore[arg-type]
        check_probability("model.dropout", given)
        return cls(inputs=given, layers=given, outputs=given)

    def module(self, probability: float) -> nn.Module:
        """Dropout of vectors ``(rows, steps, D)``."""
        return LockedDropout(probability) if self.locked else nn.Dropout(probability)


class LockedDropout(nn.Module):
    """Drops the same numbers of a row's vectors at all its steps, and scales the others up."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """Of ``(rows, steps, D)``."""
        if not (self.training and self.probability):
            return x
        keep = 1 - self.probability
        return x * x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(keep).div_(keep)
