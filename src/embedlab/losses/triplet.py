"""Triplet loss, and sums over all triplets without ever listing them."""

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from embedlab.batch import EmbeddingBatch, Mined, Triplets, columns_of
from embedlab.distances import DISTANCES, Distance, full_precision, get_distance
from embedlab.losses.base import Loss

Which = Literal["all", "semi_hard"]
Reduction = Literal["mean_active", "mean", "sum"]


class TripletSum(NamedTuple):
    """The terms of many triplets, added up.

    Attributes:
        total: their sum, a differentiable scalar.
        active: integer scalar, how many lie within the margin (and, if semi-hard, outside the positive).
        considered: integer scalar, how many triplets there are.
    """

    total: Tensor
    active: Tensor
    considered: Tensor


class TripletLoss(Loss):
    """Pulls each positive nearer to the anchor than each negative, by a margin.

    ``L = Σ [d_ap − d_an + m]₊``, or with ``soft`` ``Σ log(1 + exp(d_ap − d_an + m))``, reduced over the triplets
    (a, p, n): those that were mined; or, of mined pairs, every (a, p) with every (a, n); or, when nothing was mined,
    all of the batch.

    All triplets take ``O(A·C·log C)`` time and ``O(A·C)`` memory (A anchors, C candidates), hard margin; on the CPU in
    float32 a fused kernel takes ``O((A + C)·D)`` memory. The soft margin takes ``O(A·C·P)`` time and ``O(A·C)`` memory
    for P positives per anchor.

    ``active_fraction`` is the share of all triplets with ``d_an < d_ap + m`` (and ``d_an > d_ap`` if semi-hard).

    Sources: Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015, eq. 3; Hermans, Beyer, Leibe, "In Defense of the
    Triplet Loss", 2017 (soft margin, with m = 0; and the mean over active triplets).

    Args:
        margin: m, in units of the distance; above zero, or with ``soft`` any number.
        distance: d.
        soft: softplus in place of the hinge.
        triplets: which ones where nothing was mined: all, or those with ``d_ap < d_an < d_ap + m``.
        reduction: mean over the triplets with a term above zero (with ``soft`` all of them), mean over all of them,
            or sum.
        fused: use the CPU kernel where it applies. It has no second derivative.
    """

    def __init__(
        self,
        margin: float = 0.2,
        distance: str | Distance = "squared_euclidean",
        soft: bool = False,
        triplets: Which = "all",
        reduction: Reduction = "mean_active",
        fused: bool = True,
    ) -> None:
        super().__init__()
        if margin <= 0 and (not soft or triplets == "semi_hard"):
            raise ValueError(f"loss.margin={margin}: the margin of a triplet loss is above zero")
        if triplets not in get_args(Which):
            raise ValueError(f"loss.triplets={triplets}: one of {', '.join(get_args(Which))}")
        if reduction not in get_args(Reduction):
            raise ValueError(f"loss.reduction={reduction}: one of {', '.join(get_args(Reduction))}")
        self.margin, self.distance, self.soft = margin, get_distance(distance), soft
        self.triplets, self.reduction, self.fused = triplets, reduction, fused

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over all triplets of the batch, or the mined ones."""
        semi_hard = self.triplets == "semi_hard" and mined is None
        if self.soft:
            sums = softplus_over_triplets(batch, mined, self.distance, self.margin, semi_hard=semi_hard)
        else:
            sums = hinge_over_triplets(batch, mined, self.distance, self.margin, semi_hard, self.fused)
        self.statistics = {"active_fraction": sums.active / sums.considered.clamp_min(1)}
        if self.reduction == "sum":
            return sums.total
        all_of_them = sums.active if semi_hard else sums.considered
        above_zero = all_of_them if self.soft else sums.active
        return sums.total / (above_zero if self.reduction == "mean_active" else all_of_them).clamp_min(1)


def hinge_over_triplets(
    batch: EmbeddingBatch,
    mined: Mined | None,
    distance: str | Distance,
    margin: float,
    semi_hard: bool = False,
    fused: bool = True,
) -> TripletSum:
    """``Σ [d_ap − d_an + m]₊`` over mined triplets, or all (a, p, n) of mined pairs or of the whole batch.

    With ``n_p`` negatives inside the margin of positive p, and ``p_n`` positives whose margin negative n is inside of,
    the sum is ``Σ_p d_ap n_p − Σ_n d_an p_n + m Σ_p n_p``. The counts come from sorted rows; they are constant almost
    everywhere, so the gradient with counts held constant is exact.
    """
    if isinstance(mined, Triplets):
        violation = _violation(batch, mined, distance, margin)
        return TripletSum(F.relu(violation).sum(), (violation > 0).sum(), torch.ones_like(mined.anchor).sum())
    distance = get_distance(distance)
    if fused and mined is None and _fusable(batch, distance):
        from embedlab.kernels.triplet import hinge_over_all_triplets  # numba: seconds to import, so on first use

        x = full_precision(batch.embeddings)
        y = x if batch.one_tower else full_precision(batch.candidates)
        labels, candidate_labels = batch.labels, batch.candidate_labels
        return TripletSum(
            *hinge_over_all_triplets(x, labels, y, candidate_labels, batch.offset, distance, margin, semi_hard)
        )

    d = batch.distances(distance)
    positives, negatives = batch.masks(mined)
    columns, real = columns_of(positives)
    d_ap = d.gather(1, columns)
    with torch.no_grad():
        ranked, order = d.masked_fill(~negatives, torch.inf).sort(dim=1)
        # Negatives of rank low ≤ r < high are active for that positive.
        high = torch.searchsorted(ranked, d_ap + margin)
        low = torch.searchsorted(ranked, d_ap, right=True) if semi_hard else torch.zeros_like(high)
        high = torch.maximum(low, high)
        # Seen from the negatives: +1 at each low, −1 at each high, and a running sum.
        one = real.to(d.dtype)
        steps = d.new_zeros(len(d), d.shape[1] + 1).scatter_add_(1, low, one).scatter_add_(1, high, -one)
        per_negative = torch.empty_like(d).scatter_(1, order, steps.cumsum(1)[:, :-1])
        per_positive = (high - low) * real
        active = per_positive.sum(1)
    # Row by row: adding up rows first would cancel large sums.
    rows = (d_ap * per_positive).sum(1) - (d * per_negative).sum(1) + margin * active.to(d.dtype)
    return TripletSum(rows.sum(), active.sum(), (positives.sum(1) * negatives.sum(1)).sum())


def softplus_over_triplets(
    batch: EmbeddingBatch,
    mined: Mined | None,
    distance: str | Distance,
    margin: float = 0.0,
    scale: float = 1.0,
    semi_hard: bool = False,
) -> TripletSum:
    """``Σ log(1 + exp(s (d_ap − d_an + m)))`` over the same triplets; active are those with ``d_an < d_ap + m``.

    One positive of every anchor at a time, recomputed in the backward pass: ``O(A·C)`` memory.
    """
    if isinstance(mined, Triplets):
        violation = _violation(batch, mined, distance, margin)
        terms = F.softplus(scale * violation)
        return TripletSum(terms.sum(), (violation > 0).sum(), torch.ones_like(mined.anchor).sum())
    d = batch.distances(distance)
    positives, negatives = batch.masks(mined)

    def one_positive_each(d: Tensor, columns: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        d_ap = d.gather(1, columns[:, None])
        chosen = negatives & real[:, None]
        inside = chosen & (d < d_ap + margin)
        if semi_hard:
            chosen = inside = inside & (d > d_ap)
        return (F.softplus(scale * (d_ap - d + margin)) * chosen).sum(), inside.sum()

    total, active = d.sum() * 0, torch.zeros((), dtype=torch.long, device=d.device)
    for columns, real in zip(*(each.unbind(1) for each in columns_of(positives)), strict=True):
        some, inside = checkpoint(one_positive_each, d, columns, real, use_reentrant=False, preserve_rng_state=False)
        total, active = total + some, active + inside
    return TripletSum(total, active, (positives.sum(1) * negatives.sum(1)).sum())


def _violation(batch: EmbeddingBatch, mined: Triplets, distance: str | Distance, margin: float) -> Tensor:
    d = batch.distances(distance)
    return d[mined.anchor, mined.positive] - d[mined.anchor, mined.negative] + margin


def _fusable(batch: EmbeddingBatch, distance: Distance) -> bool:
    return distance in DISTANCES.values() and all(
        x.device.type == "cpu" and full_precision(x).dtype == torch.float32
        for x in (batch.embeddings, batch.candidates)
    )
