"""Random triplets, with negatives drawn alike or by weight."""

from dataclasses import dataclass

import torch
from torch import Tensor

from embedlab.batch import EmbeddingBatch, Triplets, columns_of


@dataclass
class RandomTriplets:
    """One triplet for each anchor–positive pair, with a negative drawn uniformly: the baseline of every miner.

    Draws from PyTorch's global generator. Anchors without a negative are left out.
    """

    @torch.no_grad()
    def __call__(self, batch: EmbeddingBatch) -> Triplets:
        """One triplet per anchor–positive pair of an anchor with negatives."""
        return draw_negatives(batch, batch.negatives.float())


def draw_negatives(batch: EmbeddingBatch, weights: Tensor) -> Triplets:
    """A triplet for each anchor–positive pair, its negative drawn with probability proportional to the weights.

    Args:
        batch: with A anchors and C candidates.
        weights: ``(A, C)``, not below zero; anchors with none above zero are left out.
    """
    positive, real = columns_of(batch.positives)
    some = (weights > 0).any(1, keepdim=True)
    negative = torch.multinomial(torch.where(some, weights, 1), positive.shape[1], replacement=True)
    anchor, column = (real & some).nonzero(as_tuple=True)
    return Triplets(anchor, positive[anchor, column], negative[anchor, column])
