"""Sum of the hinge over all triplets on the CPU, with its gradient, a slab of the distance matrix at a time.

A slab of anchors × candidates is one matrix product. Compiled code then turns each of its rows from products into
``∂loss/∂product``, and two more products turn the slab into gradients of the embeddings. Nothing of size anchors ×
candidates is ever held, and autograd records one node.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from embedlab.distances import Distance, cosine, dot, euclidean, squared_euclidean, unit_length
from embedlab.kernels.jit import compiled

SLAB = 256  # anchors at a time: at 4096 candidates a slab is 4 MB and stays in cache
MANY = 128  # positives of an anchor from which sorting them beats a vectorised compare pass for each

_DOT, _COSINE, _SQUARED, _EUCLIDEAN = range(4)
_KINDS: dict[Distance, int] = {dot: _DOT, cosine: _COSINE, squared_euclidean: _SQUARED, euclidean: _EUCLIDEAN}


def hinge_over_all_triplets(
    embeddings: Tensor,
    labels: Tensor,
    candidates: Tensor,
    candidate_labels: Tensor,
    offset: int | None,
    distance: Distance,
    margin: float,
    semi_hard: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """``Σ [d_ap − d_an + margin]₊`` over all triplets, or the semi-hard ones (``d_ap < d_an < d_ap + margin``).

    Time ``O(A·C·(D + P))`` with P positives per anchor, or ``O(A·C·(D + log P))`` where P is large; memory
    ``O(C + (A + C)·D)``.

    Args:
        embeddings: anchors ``(A, D)``, float32 on the CPU.
        labels: ``(A,)`` integers.
        candidates: ``(C, D)``; may be ``embeddings`` itself.
        candidate_labels: ``(C,)`` integers.
        offset: anchor ``i`` is candidate ``offset + i``; None if no anchor is a candidate.
        distance: one of :data:`embedlab.distances.DISTANCES`.
        margin: above zero, in units of the distance.
        semi_hard: only those triplets.

    Returns:
        The sum; how many triplets are active, their term above zero; and how many there are in all, semi-hard or not.

    Raises:
        RuntimeError: on a backward pass with ``create_graph=True``; there is no second derivative.
    """
    one_tower = candidates is embeddings
    if distance is cosine:
        embeddings = unit_length(embeddings)
        candidates = embeddings if one_tower else unit_length(candidates)
    # Candidates go class by class, so that the positives of an anchor are neighbouring columns.
    sorted_labels, order = candidate_labels.long().sort(stable=True)
    first, last = (torch.searchsorted(sorted_labels, labels.long(), right=right) for right in (False, True))
    own = torch.full_like(first, -1)
    if offset is not None:
        own = order.argsort()[offset : offset + len(labels)]
    total, active = _HingeSum.apply(
        embeddings, candidates, order, first, last, own, _KINDS[distance], np.float32(margin), semi_hard
    )
    same = last - first
    considered = ((same - (own >= 0).long()) * (len(candidate_labels) - same)).sum()
    return total, active, considered


class _HingeSum(torch.autograd.Function):
    """The gradient costs little while a slab is at hand, so the forward pass makes it and the backward scales it."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        candidates: Tensor,
        order: Tensor,
        first: Tensor,
        last: Tensor,
        own: Tensor,
        kind: int,
        margin: np.float32,
        semi_hard: bool,
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast("cpu", enabled=False):
            x, y = x.contiguous(), candidates[order]
            squares = kind in (_SQUARED, _EUCLIDEAN)
            x_squares, y_squares = (z.square().sum(1).numpy() if squares else np.empty(0, np.float32) for z in (x, y))
            columns = torch.stack([first, last, own], dim=1).numpy()
            wanted = any(ctx.needs_input_grad)
            x_gradient, y_gradient = torch.empty_like(x), torch.zeros_like(y)
            y_weight = torch.zeros(len(y))
            buffer = torch.empty(min(SLAB, len(x)), len(y))
            sums = np.zeros((len(x), 2))
            for start in range(0, len(x), SLAB):
                rows = slice(start, min(start + SLAB, len(x)))
                slab = torch.mm(x[rows], y.T, out=buffer[: rows.stop - start])
                _hinge_rows(
                    slab.numpy(), x_squares[rows], y_squares, columns[rows], kind, margin, semi_hard, MANY, sums[rows]
                )
                if wanted:
                    torch.mm(slab, y, out=x_gradient[rows])
                    y_gradient.addmm_(slab.T, x[rows])
                    if squares:  # ‖x‖² and ‖y‖² have gradients too; d(d²) = −2 d(product) + d‖x‖² + d‖y‖²
                        x_gradient[rows].addcmul_(slab.sum(1, keepdim=True), x[rows], value=-1)
                        y_weight += slab.sum(0)
            if wanted:
                if squares:
                    y_gradient.addcmul_(y_weight[:, None], y, value=-1)
                ctx.save_for_backward(x_gradient, torch.empty_like(y).index_copy_(0, order, y_gradient))
        total, active = sums.sum(0)
        counted = torch.tensor(int(active))
        ctx.mark_non_differentiable(counted)
        return x.new_tensor(total), counted

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        if torch.is_grad_enabled():
            raise RuntimeError("the fused triplet kernel has no second derivative; use TripletLoss(fused=False)")
        x_gradient, y_gradient = ctx.saved_tensors
        return gradients[0] * x_gradient, gradients[0] * y_gradient, *[None] * 7


@compiled
def _to_distances(row, x_square, y_squares, kind):  # type: ignore[no-untyped-def]
    """Products to distances in place. ``x < 0`` and not ``max``: NaN stays NaN."""
    if kind == _DOT:
        for j in range(len(row)):
            row[j] = -row[j]
    elif kind == _COSINE:
        for j in range(len(row)):
            row[j] = np.float32(1) - row[j]
    else:
        for j in range(len(row)):
            squared = x_square + y_squares[j] - np.float32(2) * row[j]
            row[j] = np.float32(0) if squared < 0 else squared
        if kind == _EUCLIDEAN:
            for j in range(len(row)):
                row[j] = np.sqrt(row[j])


@compiled
def _count_by_comparing(distances, low, high, weight):  # type: ignore[no-untyped-def]
    """How many distances lie in ``[low, high)``; each of these has its weight raised by one."""
    count = np.int32(0)
    for j in range(len(distances)):
        inside = np.int32((distances[j] >= low) & (distances[j] < high))
        weight[j] += inside
        count += inside
    return count


@compiled
def _rank(ordered, values, ranks):  # type: ignore[no-untyped-def]
    """How many of the ordered values are ≤ each value: all binary searches a step at a time, so that they vectorise."""
    ranks[:] = 0
    size = len(ordered)
    while size > 1:
        half = np.uint32(size >> 1)
        for j in range(len(values)):
            ranks[j] += half * np.uint32(ordered[ranks[j] + half - np.uint32(1)] <= values[j])
        size -= size >> 1
    for j in range(len(values)):
        ranks[j] += np.uint32(ordered[ranks[j]] <= values[j])


@compiled
def _count_by_sorting(distances, thresholds, counts, weight, sign):  # type: ignore[no-untyped-def]
    """Adds sign × (how many distances lie below each threshold) to counts, and the same seen from the distances.

    A distance of rank r among the sorted thresholds is below those from r on, so a running sum of the histogram of
    ranks counts for the thresholds, and ``len − r`` for the distances. Neither needs the distances sorted.
    """
    ordered = np.sort(thresholds)
    ranks = np.empty(max(len(distances), len(thresholds)), np.uint32)
    _rank(ordered, distances, ranks[: len(distances)])
    below = np.zeros(len(ordered) + 1, np.int32)
    for j in range(len(distances)):
        below[ranks[j]] += 1
        weight[j] += sign * np.int32(len(ordered) - ranks[j])
    for r in range(1, len(below)):
        below[r] += below[r - 1]
    # Equal thresholds have equal counts, so the last of them speaks for all.
    _rank(ordered, thresholds, ranks[: len(thresholds)])
    for q in range(len(thresholds)):
        counts[q] += sign * below[ranks[q] - 1]


@compiled
def _hinge_rows(slab, x_squares, y_squares, columns, kind, margin, semi_hard, many, sums):  # type: ignore[no-untyped-def]
    """Each row: products in, ``∂Σ/∂product`` out; its sum and number of active triplets into ``sums``."""
    width = slab.shape[1]
    weight = np.empty(width, np.int32)
    inf = np.float32(np.inf)
    for i in range(slab.shape[0]):
        row = slab[i]
        first, last, own = columns[i]
        _to_distances(row, x_squares[i] if kind >= _SQUARED else np.float32(0), y_squares, kind)
        positives = row[first:last].copy()
        row[first:last] = inf  # within no margin
        counts = np.zeros(last - first, np.int32)
        weight[:] = 0

        if last - first < many:
            for q in range(last - first):
                if first + q != own:
                    # The next float above d_ap, for d_an ≥ low to mean d_an > d_ap.
                    low = np.nextafter(positives[q], inf) if semi_hard else -inf
                    counts[q] = _count_by_comparing(row, low, positives[q] + margin, weight)
        else:
            others = np.empty(last - first - (1 if own >= 0 else 0), np.float32)
            n = 0
            for q in range(last - first):
                if first + q != own:
                    others[n] = positives[q]
                    n += 1
            found = np.zeros(n, np.int32)
            _count_by_sorting(row, others + margin, found, weight, np.int32(1))
            if semi_hard:
                for q in range(n):
                    others[q] = min(np.nextafter(others[q], inf), others[q] + margin)
                _count_by_sorting(row, others, found, weight, np.int32(-1))
            n = 0
            for q in range(last - first):
                if first + q != own:
                    counts[q] = found[n]
                    n += 1

        total, active = 0.0, 0
        for q in range(last - first):
            total += (np.float64(positives[q]) + np.float64(margin)) * counts[q]
            active += counts[q]
        row[first:last] = 0
        for j in range(width):
            total -= np.float64(row[j]) * weight[j]
        sums[i, 0], sums[i, 1] = total, active

        # ∂d/∂product is −1, −1, −2, −1/d; none at d = 0.
        if kind == _EUCLIDEAN:
            for j in range(width):
                row[j] = np.float32(0) if row[j] == 0 else np.float32(weight[j]) / row[j]
            for q in range(last - first):
                row[first + q] = np.float32(0) if positives[q] == 0 else -np.float32(counts[q]) / positives[q]
        else:
            slope = np.float32(2) if kind == _SQUARED else np.float32(1)
            for j in range(width):
                row[j] = slope * np.float32(weight[j])
            for q in range(last - first):
                row[first + q] = -slope * np.float32(counts[q])
