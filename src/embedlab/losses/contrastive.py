"""Contrastive loss."""

from torch import Tensor
from torch.nn import functional as F

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.distances import Distance, get_distance
from embedlab.losses.base import Loss


class ContrastiveLoss(Loss):
    """Pulls positives together and pushes negatives to at least a margin apart.

    ``L = mean over pairs of ½ (z d² + (1 − z) max(0, M − d)²)``, z = 1 for a positive pair. With ``balanced`` the
    mean is taken over positives and over negatives apart and the two added, so that the many negatives of a batch do
    not drown its few positives. A pair mined twice counts once.

    ``active_fraction`` is the share of pairs whose term is above zero.

    Source: Hadsell, Chopra, LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006, eq. 4.

    Args:
        margin: M, in units of the distance; above zero.
        distance: d, not squared: the formula squares it.
        balanced: average positives and negatives apart.
    """

    def __init__(self, margin: float = 1.0, distance: str | Distance = "euclidean", balanced: bool = True) -> None:
        super().__init__()
        if margin <= 0:
            raise ValueError(f"loss.margin={margin}: the margin of a contrastive loss is above zero")
        self.margin, self.distance, self.balanced = margin, get_distance(distance), balanced

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over all pairs of the batch, or the mined ones."""
        d = batch.distances(self.distance)
        positives, negatives = batch.masks(mined)
        pull, push = 0.5 * d.square() * positives, 0.5 * F.relu(self.margin - d).square() * negatives
        pulls, pushes = positives.sum(), negatives.sum()
        active = (positives & (d > 0)).sum() + (negatives & (d < self.margin)).sum()
        self.statistics = {"active_fraction": active / (pulls + pushes).clamp_min(1)}
        if self.balanced:
            return pull.sum() / pulls.clamp_min(1) + push.sum() / pushes.clamp_min(1)
        return (pull + push).sum() / (pulls + pushes).clamp_min(1)
