"""Pairwise ranking losses: each positive of an anchor above each of its negatives."""

from torch import Tensor

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.distances import Distance, get_distance
from embedlab.losses.base import Loss
from embedlab.losses.triplet import hinge_over_triplets, softplus_over_triplets


class PairwiseHingeLoss(Loss):
    """Every positive more similar to the anchor than every negative, by a margin.

    ``L = mean over (a, p, n) of [m − (s_ap − s_an)]₊``, the similarity s being minus the distance. The mean is over all
    triplets, satisfied ones too (:class:`TripletLoss` averages over the active ones), so the loss falls to zero as the
    ranking becomes right. Mined pairs mean every (a, p) with every (a, n). Memory and time as :class:`TripletLoss`.

    ``active_fraction`` is the share of triplets inside the margin.

    Sources: Joachims, "Optimizing Search Engines using Clickthrough Data", KDD 2002; Kiros, Salakhutdinov, Zemel,
    "Unifying Visual-Semantic Embeddings", 2014, eq. 10.

    Args:
        margin: m, in units of the distance; above zero.
        distance: minus the similarity.
    """

    def __init__(self, margin: float = 0.2, distance: str | Distance = "cosine") -> None:
        super().__init__()
        if margin <= 0:
            raise ValueError(f"loss.margin={margin}: the margin of a ranking loss is above zero")
        self.margin, self.distance = margin, get_distance(distance)

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over all triplets of the batch, or the mined ones."""
        sums = hinge_over_triplets(batch, mined, self.distance, self.margin)
        self.statistics = {"active_fraction": sums.active / sums.considered.clamp_min(1)}
        return sums.total / sums.considered.clamp_min(1)


class PairwiseLogisticLoss(Loss):
    """Every positive more similar to the anchor than every negative, in probability (RankNet).

    ``L = mean over (a, p, n) of log(1 + exp(−σ (s_ap − s_an)))``, the similarity s being minus the distance:
    cross-entropy of ``P(p above n) = sigmoid(σ (s_ap − s_an))``. Mined pairs mean every (a, p) with every (a, n). Takes
    ``O(A·C·P)`` time for P positives per anchor and ``O(A·C)`` memory.

    ``active_fraction`` is the share of triplets in the wrong order, though every term is above zero.

    Source: Burges et al., "Learning to Rank using Gradient Descent", ICML 2005, eq. 3.

    Args:
        scale: σ; above zero.
        distance: minus the similarity.
    """

    def __init__(self, scale: float = 10.0, distance: str | Distance = "cosine") -> None:
        super().__init__()
        if scale <= 0:
            raise ValueError(f"loss.scale={scale}: the scale of a ranking loss is above zero")
        self.scale, self.distance = scale, get_distance(distance)

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over all triplets of the batch, or the mined ones."""
        sums = softplus_over_triplets(batch, mined, self.distance, scale=self.scale)
        self.statistics = {"active_fraction": sums.active / sums.considered.clamp_min(1)}
        return sums.total / sums.considered.clamp_min(1)
