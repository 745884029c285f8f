"""The contract of a miner: ``miner(batch) -> Pairs | Triplets | None``, under ``no_grad``."""

from typing import Protocol

from embedlab.batch import EmbeddingBatch, Mined


class Miner(Protocol):
    """Chooses which pairs or triplets of a batch count. What it gives is index tensors, so any loss can use it."""

    def __call__(self, batch: EmbeddingBatch) -> Mined | None:
        """The chosen ones; None for all of them."""
        ...


class AllMiner:
    """Leaves all pairs and triplets to the loss, which has faster ways than a list of them."""

    def __call__(self, batch: EmbeddingBatch) -> None:
        """Nothing is left out."""
