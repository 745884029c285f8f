"""Easy-positive mining."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch

from embedlab.batch import EmbeddingBatch, Triplets
from embedlab.distances import Distance, get_distance
from embedlab.miners.semi_hard import nearest_farther

Negative = Literal["hard", "semi_hard"]


@dataclass
class EasyPositive:
    """One triplet for each anchor: its *nearest* positive, which leaves a class free to have several clusters.

    The negative is the nearest one (``hard``), or the nearest one farther than that positive (``semi_hard``; the
    farthest where none is). Anchors without a positive or without a negative are left out.

    Source: Xuan, Stylianou, Pless, "Improved Embeddings with Easy Positive Triplet Mining", WACV 2020.

    Args:
        distance: as in the loss; the paper has cosine.
        negative: hard or semi_hard.
    """

    distance: str | Distance = "squared_euclidean"
    negative: Negative = "semi_hard"

    def __post_init__(self) -> None:
        self.distance = get_distance(self.distance)
        if self.negative not in get_args(Negative):
            raise ValueError(f"miner.negative={self.negative}: one of {', '.join(get_args(Negative))}")

    @torch.no_grad()
    def __call__(self, batch: EmbeddingBatch) -> Triplets:
        """At most one triplet per anchor."""
        d = batch.distances(self.distance)
        positive = d.masked_fill(~batch.positives, torch.inf).argmin(1, keepdim=True)
        if self.negative == "hard":
            negative = d.masked_fill(~batch.negatives, torch.inf).argmin(1, keepdim=True)
        else:
            negative = nearest_farther(d, batch.negatives, d.gather(1, positive))
        (anchor,) = (batch.positives.any(1) & batch.negatives.any(1)).nonzero(as_tuple=True)
        return Triplets(anchor, positive[anchor, 0], negative[anchor, 0])
