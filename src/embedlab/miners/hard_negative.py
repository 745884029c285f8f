"""Hard-negative mining."""

from dataclasses import dataclass

import torch

from embedlab.batch import EmbeddingBatch, Triplets
from embedlab.distances import Distance, get_distance


@dataclass
class HardNegative:
    """One triplet for each anchor–positive pair, with the anchor's nearest negative.

    Anchors without a negative are left out.

    Args:
        distance: as in the loss.
    """

    distance: str | Distance = "squared_euclidean"

    def __post_init__(self) -> None:
        self.distance = get_distance(self.distance)

    @torch.no_grad()
    def __call__(self, batch: EmbeddingBatch) -> Triplets:
        """At most one triplet per anchor–positive pair."""
        nearest = batch.distances(self.distance).masked_fill(~batch.negatives, torch.inf).argmin(1)
        anchor, positive = (batch.positives & batch.negatives.any(1, keepdim=True)).nonzero(as_tuple=True)
        return Triplets(anchor, positive, nearest[anchor])
