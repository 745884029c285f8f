"""Distance-weighted sampling."""

from dataclasses import dataclass

import torch

from embedlab.batch import EmbeddingBatch, Triplets
from embedlab.distances import euclidean, unit_length
from embedlab.miners.random_triplets import draw_negatives


@dataclass
class DistanceWeighted:
    """One triplet for each anchor–positive pair, with negatives spread evenly over all distances.

    On the unit sphere of D dimensions distances of random points have the density
    ``q(d) ∝ d^(D−2) (1 − d²/4)^((D−3)/2)``, nearly all of it at √2. A negative is drawn with weight ``1 / q(d)``, d
    being at least ``cutoff`` (nearer ones are noise of high variance). Embeddings are taken at unit length and
    distances are Euclidean, whatever the loss has: the density holds for nothing else. Draws from PyTorch's global
    generator; anchors without an eligible negative are left out.

    Source: Wu, Manmatha, Smola, Krähenbühl, "Sampling Matters in Deep Embedding Learning", ICCV 2017, eq. 1 and 2.

    Args:
        cutoff: smallest distance told apart, in 0..2.
        far: negatives from this distance on are never drawn: most losses are zero there, and 1/q grows again.
    """

    cutoff: float = 0.5
    far: float = 1.4

    def __post_init__(self) -> None:
        if not 0 < self.cutoff < self.far <= 2:
            raise ValueError(f"miner.cutoff={self.cutoff}, miner.far={self.far}: 0 < cutoff < far <= 2")

    @torch.no_grad()
    def __call__(self, batch: EmbeddingBatch) -> Triplets:
        """At most one triplet per anchor–positive pair."""
        D = batch.embeddings.shape[1]
        x = unit_length(batch.embeddings)
        d = euclidean(x, x if batch.one_tower else unit_length(batch.candidates))
        eligible = batch.negatives & (d < self.far)
        d = d.clamp_min(self.cutoff)
        log_weights = (2 - D) * d.log() + (3 - D) / 2 * (1 - d.square() / 4).log()
        log_weights = log_weights.masked_fill(~eligible, -torch.inf)
        # The heaviest of each row weighs one; a row of nothing but −inf must not become NaN.
        heaviest = log_weights.amax(1, keepdim=True).clamp_min(torch.finfo(d.dtype).min)
        return draw_negatives(batch, (log_weights - heaviest).exp())
