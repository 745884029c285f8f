"""The 95 % interval of a mean, and of a ratio of sums."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from embedlab.evaluation.protocol import Estimate


def standard_error(values: ArrayLike, groups: ArrayLike | None = None) -> float:
    """Standard error of the mean of ``values (n,)``, drawn independently or in ``groups (n,)``.

    Values of one group depend on each other: what is added up and squared is then each group's deviation,
    ``C/(C−1) · Σ_c (Σ_{i∈c} x_i − x̄)² / n²`` with C groups; with groups of one it is ``s²/n``.
    NaN for fewer than two groups.
    """
    x = np.asarray(values, np.float64)
    of = np.arange(len(x)) if groups is None else np.unique(groups, return_inverse=True)[1]
    deviations = np.bincount(of, weights=x - x.mean())
    count = len(deviations)
    return float(np.sqrt(count / (count - 1) * np.square(deviations).sum()) / len(x)) if count > 1 else np.nan


def mean_interval(values: ArrayLike, groups: ArrayLike | None = None, lowest: float = 0.0) -> Estimate:
    """Mean ``(n,)`` with its 95 % Student-t interval, cut to ``lowest``..1; no interval for fewer than two groups.

    From some hundred values on this is the usual ``± 1.96 · s/√n``.
    """
    x = np.asarray(values, np.float64)
    mean, count = float(x.mean()), len(x) if groups is None else len(np.unique(groups))
    if count < 2:
        return Estimate(mean)
    half = float(special.stdtrit(count - 1, 0.975)) * standard_error(x, groups)
    return Estimate(mean, max(mean - half, lowest), min(mean + half, 1.0))


def ratio_estimates(parts: NDArray[Any], wholes: NDArray[Any], resamples: int = 1000, seed: int = 0) -> list[Estimate]:
    """``Σ_i parts_ij / Σ_i wholes_ij`` for each j, with the 95 % percentile interval of a bootstrap over rows i.

    Rows are what was drawn independently, as sentences, whose words were not. A ratio of nothing to nothing is 0, and
    has no interval; nor has one without resamples or of fewer than two rows.

    Args:
        parts, wholes: ``(n, m)`` counts.
        resamples: of the bootstrap.
        seed: of the bootstrap.
    """
    counts, width = np.concatenate([parts, wholes], 1).astype(np.float64), parts.shape[1]
    rows = len(counts) if len(counts) > 1 else 0
    random = np.random.default_rng(seed)
    sums = np.empty((resamples if rows else 0, 2 * width))
    for draw in sums:
        draw[:] = np.bincount(random.integers(rows, size=rows), minlength=rows) @ counts
    with np.errstate(invalid="ignore"):
        drawn = sums[:, :width] / sums[:, width:]
    found = []
    for column, (part, whole) in enumerate(counts.sum(0).reshape(2, width).T):
        ratios = drawn[np.isfinite(drawn[:, column]), column]
        low, high = np.percentile(ratios, [2.5, 97.5]).tolist() if len(ratios) and whole else (None, None)
        found.append(Estimate(float(part / whole) if whole else 0.0, low, high))
    return found
