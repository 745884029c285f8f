"""Batch-hard mining."""

from dataclasses import dataclass

import torch

from embedlab.batch import EmbeddingBatch, Triplets
from embedlab.distances import Distance, get_distance


@dataclass
class BatchHard:
    """One triplet for each anchor: its farthest positive and its nearest negative.

    Anchors without a positive or without a negative are left out.

    Source: Hermans, Beyer, Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017, eq. 5.

    Args:
        distance: as in the loss.
    """

    distance: str | Distance = "squared_euclidean"

    def __post_init__(self) -> None:
        self.distance = get_distance(self.distance)

    @torch.no_grad()
    def __call__(self, batch: EmbeddingBatch) -> Triplets:
        """At most one triplet per anchor."""
        d = batch.distances(self.distance)
        positive = d.masked_fill(~batch.positives, -torch.inf).argmax(1)
        negative = d.masked_fill(~batch.negatives, torch.inf).argmin(1)
        (anchor,) = (batch.positives.any(1) & batch.negatives.any(1)).nonzero(as_tuple=True)
        return Triplets(anchor, positive[anchor], negative[anchor])
