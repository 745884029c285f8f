"""N-pairs loss, with a temperature InfoNCE."""

import torch
from torch import Tensor
from torch.nn import functional as F

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.distances import Distance, get_distance
from embedlab.losses.base import Loss


class NPairsLoss(Loss):
    """Cross-entropy of picking the positive among it and all negatives of the anchor.

    ``L = mean over (a, p) of −log [exp(s_ap / T) / (exp(s_ap / T) + Σ_n exp(s_an / T))]``, the similarity s being minus
    the distance. With ``distance="dot"`` and T = 1 these are N-pairs: exactly Sohn's when the batch has two towers, one
    pair of each class; in one tower the anchors of other classes are negatives too. With ``"cosine"`` it is InfoNCE, or
    NT-Xent. The L2 penalty of the paper is left to weight decay.

    ``active_fraction`` is the share of pairs with a negative at least as near as the positive, though every term is
    above zero.

    Sources: Sohn, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective", NIPS 2016, eq. 6; van den
    Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, eq. 4.

    Args:
        temperature: T; above zero.
        distance: minus the similarity.
    """

    def __init__(self, temperature: float = 1.0, distance: str | Distance = "dot") -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"loss.temperature={temperature}: a temperature is above zero")
        self.temperature, self.distance = temperature, get_distance(distance)

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over all positive pairs of the batch, or the mined ones."""
        d = batch.distances(self.distance)
        positives, negatives = batch.masks(mined)
        logits = -d / self.temperature
        # Not −inf: the gradient of a row without negatives would be NaN.
        against = logits.masked_fill(~negatives, torch.finfo(d.dtype).min).logsumexp(1, keepdim=True)
        pairs = positives.sum().clamp_min(1)
        nearest = d.detach().masked_fill(~negatives, torch.inf).amin(1, keepdim=True)
        self.statistics = {"active_fraction": (positives & (d.detach() >= nearest)).sum() / pairs}
        return (F.softplus(against - logits) * positives).sum() / pairs
