"""The 95 % interval of a mean."""

import numpy as np
from numpy.typing import ArrayLike
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
