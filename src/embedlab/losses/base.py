"""The contract of a loss: ``loss(batch, mined=None) -> scalar``."""

from typing import ClassVar

from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch, Mined


class Loss(nn.Module):
    """A module from an :class:`EmbeddingBatch`, and what a miner chose of it, to one scalar.

    A loss with weights of its own holds them as parameters. A batch with nothing to learn from (no positives, no
    negatives, nothing active) gives exactly zero with a zero gradient.

    Attributes:
        unit_length: whether the loss is meant for embeddings of unit length; models are configured by it.
        statistics: scalars of the last forward pass worth logging, e.g. ``active_fraction``: the share of the
            considered pairs or triplets whose term is above zero.
    """

    unit_length: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.statistics: dict[str, Tensor] = {}

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """The loss of ``batch``; over ``mined`` only, where that is given."""
        raise NotImplementedError
