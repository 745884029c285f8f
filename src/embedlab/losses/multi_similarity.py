"""Multi-similarity loss."""

import torch
from torch import Tensor

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.losses.base import Loss


class MultiSimilarityLoss(Loss):
    """Weighs each pair by its own similarity and by that of its neighbours.

    ``L = mean over anchors of 1/α log(1 + Σ_p exp(−α (s_ap − λ))) + 1/β log(1 + Σ_n exp(β (s_an − λ)))``, s the cosine.
    The sums go over mined pairs; where nothing was mined, over those the paper selects: negatives with
    ``s_an > min_p s_ap − ε`` and positives with ``s_ap < max_n s_an + ε``, so none at all for an anchor without
    positives or without negatives.

    ``active_fraction`` is the share of pairs selected.

    Source: Wang, Han, Huang, Dong, Scott, "Multi-Similarity Loss with General Pair Weighting", CVPR 2019, eq. 11–15.

    Args:
        alpha: α, sharpness for positives; above zero.
        beta: β, sharpness for negatives; above zero.
        base: λ, the similarity around which pairs are weighed.
        epsilon: ε of the selection; None takes every pair.
    """

    def __init__(self, alpha: float = 2.0, beta: float = 50.0, base: float = 0.5, epsilon: float | None = 0.1) -> None:
        super().__init__()
        if alpha <= 0 or beta <= 0:
            raise ValueError(f"loss.alpha={alpha}, loss.beta={beta}: both are above zero")
        self.alpha, self.beta, self.base, self.epsilon = alpha, beta, base, epsilon

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over the selected pairs of the batch, or the mined ones."""
        similarity = 1 - batch.distances("cosine")
        positives, negatives = batch.masks(mined)
        pairs = positives.sum() + negatives.sum()
        if mined is None and self.epsilon is not None:
            s = similarity.detach()
            farthest = s.masked_fill(~positives, torch.inf).amin(1, keepdim=True)
            nearest = s.masked_fill(~negatives, -torch.inf).amax(1, keepdim=True)
            # What is not left out, rather than what is taken: NaN stays in, and is seen.
            negatives = negatives & ~(s <= farthest - self.epsilon)
            positives = positives & ~(s >= nearest + self.epsilon)
        self.statistics = {"active_fraction": (positives.sum() + negatives.sum()) / pairs.clamp_min(1)}
        pull = _log_one_plus_sum_exp(-self.alpha * (similarity - self.base), positives) / self.alpha
        push = _log_one_plus_sum_exp(self.beta * (similarity - self.base), negatives) / self.beta
        return (pull + push).sum() / max(len(batch), 1)


def _log_one_plus_sum_exp(x: Tensor, mask: Tensor) -> Tensor:
    """``log(1 + Σ exp(x))`` over the masked entries of each row: the one is an entry of zero."""
    x = x.masked_fill(~mask, -torch.inf)
    return torch.cat([x, x.new_zeros(len(x), 1)], dim=1).logsumexp(1)
