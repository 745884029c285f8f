"""What chance allows to say: intervals over replicates, and each variant against the best."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import Any

from scipy import special

LEVEL = 0.05  # of the test; the intervals are its 95 %


@dataclass(frozen=True)
class Comparison:
    """One variant against the best, over the replicates (seeds, folds) that both have finished.

    Attributes:
        shared: how many replicates that is.
        ahead: how far the best is ahead of the variant there, on average; negative where it is behind.
        p: of the paired t test, two-sided, Holm-corrected over all variants of the table; None for fewer than two
            shared replicates, of which nothing can be said.
    """

    shared: int
    ahead: float
    p: float | None

    @property
    def distinguishable(self) -> bool:
        """Whether the two differ by more than chance."""
        return self.p is not None and self.p < LEVEL

    @property
    def worse(self) -> bool:
        """Whether the variant is behind the best by more than chance."""
        return self.distinguishable and self.ahead > 0


def against_best(
    results: Mapping[int, Mapping[Any, float]], higher_is_better: bool = True
) -> tuple[int, dict[int, Comparison]]:
    """The best variant, and how each of the others compares with it.

    The best has the best mean of those with two replicates or more, or of all where none has: against one lucky run
    nothing could be said of any other.

    Args:
        results: each variant's numbers by replicate, at least one variant and one number each.
        higher_is_better: whether the best has the highest mean.
    """
    sign = 1 if higher_is_better else -1
    repeated = [number for number, values in results.items() if len(values) > 1] or list(results)
    best = max(repeated, key=lambda number: sign * fmean(results[number].values()))
    leads = {
        number: [sign * (results[best][which] - value) for which, value in values.items() if which in results[best]]
        for number, values in results.items()
        if number != best
    }
    tested = {number: p for number, lead in leads.items() if (p := paired_t_test(lead)) is not None}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    return best, {
        number: Comparison(len(lead), fmean(lead) if lead else math.nan, corrected.get(number))
        for number, lead in leads.items()
    }


def paired_t_test(differences: Sequence[float]) -> float | None:
    """Two-sided p of the differences of pairs: ``t = d̄ √n / s`` with n − 1 degrees of freedom; None for n < 2."""
    n = len(differences)
    if n < 2:
        return None
    mean, deviation = fmean(differences), _deviation(differences)
    if deviation == 0:
        return 0.0 if mean else 1.0
    return float(2 * special.stdtr(n - 1, -abs(mean) * math.sqrt(n) / deviation))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction: the i-th smallest of m becomes ``max over j ≤ i of (m − j + 1) p_j``, at most 1."""
    order = sorted(range(len(p)), key=lambda index: p[index])
    corrected, highest = [0.0] * len(p), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[index]))
        corrected[index] = highest
    return corrected


def t_half_width(values: Sequence[float]) -> float | None:
    """Half width of the 95 % Student t interval of the mean: ``t(0.975, n−1) · s / √n``; None for n < 2."""
    n = len(values)
    return t_quantile(n) * _deviation(values) / math.sqrt(n) if n > 1 else None


@lru_cache
def t_quantile(n: int) -> float:
    """``t(0.975, n−1)``: how many standard errors a 95 % interval reaches to either side of a mean of n."""
    return float(special.stdtrit(n - 1, 1 - LEVEL / 2))


def _deviation(values: Sequence[float]) -> float:
    """Standard deviation with n − 1."""
    mean = fmean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
