"""Semi-hard mining."""

from dataclasses import dataclass

import torch
from torch import Tensor

from embedlab.batch import EmbeddingBatch, Triplets, columns_of
from embedlab.distances import Distance, get_distance


@dataclass
class SemiHard:
    """One triplet for each anchor–positive pair, with the nearest of the negatives farther than the positive.

    Where no negative is farther than the positive, the farthest negative stands in: of the hard ones the least hard, so
    that no pair is lost. With a margin only triplets with ``d_ap < d_an < d_ap + margin`` are kept, and nothing stands
    in. One sort and one binary search per row.

    Source: Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015, eq. 4.

    Args:
        distance: as in the loss.
        margin: above zero, that of the loss; None takes the nearest farther negative however far it is.
    """

    distance: str | Distance = "squared_euclidean"
    margin: float | None = None

    def __post_init__(self) -> None:
        self.distance = get_distance(self.distance)
        if self.margin is not None and self.margin <= 0:
            raise ValueError(f"miner.margin={self.margin}: above zero, or null for no limit")

    @torch.no_grad()
    def __call__(self, batch: EmbeddingBatch) -> Triplets:
        """At most one triplet per anchor–positive pair."""
        d = batch.distances(self.distance)
        positive, real = columns_of(batch.positives)
        negative = nearest_farther(d, batch.negatives, d.gather(1, positive))
        keep = real & batch.negatives.any(1, keepdim=True)
        if self.margin is not None:
            d_ap, d_an = d.gather(1, positive), d.gather(1, negative)
            keep &= (d_an > d_ap) & (d_an < d_ap + self.margin)
        anchor, column = keep.nonzero(as_tuple=True)
        return Triplets(anchor, positive[anchor, column], negative[anchor, column])


def nearest_farther(distances: Tensor, mask: Tensor, than: Tensor) -> Tensor:
    """The column of the nearest masked entry farther than each threshold, else of the farthest one there is.

    Args:
        distances: ``(A, C)``.
        mask: ``(A, C)`` bool; a row without any gives columns without meaning.
        than: thresholds ``(A, K)``.

    Returns:
        Columns ``(A, K)``.
    """
    ranked, order = distances.masked_fill(~mask, torch.inf).sort(dim=1)
    rank = torch.searchsorted(ranked, than.contiguous(), right=True)
    last = (mask.sum(1, keepdim=True) - 1).clamp_min(0)
    return order.gather(1, torch.minimum(rank, last))
