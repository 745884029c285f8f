"""Kneser–Ney smoothing, interpolated: with one discount an order, or three."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.ngrams.smoothing import Floats, Interpolated, Level
from embedlab.ngrams.table import NGramTable

_FALLBACK = (0.5, 1.0, 1.5)  # kenlm's, of counts whose own discounts can't be told


class ModifiedKneserNey(Interpolated):
    """``p(w | h) = (a(h w) − D(a)) / a(h ·) + r(h) · p(w | h')``, with three discounts an order.

    Chen, Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", 1999. ``a`` are counts in the
    highest order. In those below, they are how many words stand before the n-gram (and the start of a sentence counts
    as a word); n-grams that begin with the start, before which there is nothing, keep their counts. With ``n_i``
    n-grams of ``a = i``, and ``Y = n_1 / (n_1 + 2 n_2)``: ``D(1) = 1 − 2 Y n_2 / n_1``, ``D(2) = 2 − 3 Y n_3 / n_2``
    and ``D(3 and more) = 3 − 4 Y n_4 / n_3``. The words themselves are interpolated with ``1 / V``. As in kenlm.

    Where an order has no n-grams to tell its discounts by, as few words or characters have none that are rare, they are
    0.5, 1 and 1.5.
    """

    def __init__(self, discounts: Sequence[Sequence[float]] | None = None) -> None:
        """Discounts of counts of 1, 2, and 3 or more, for each order from 1; by default from the counts."""
        self.discounts = None if discounts is None else np.array(discounts, np.float64)
        classes = len(_FALLBACK)
        if self.discounts is not None and (
            self.discounts.ndim != 2
            or self.discounts.shape[1] != classes
            or not ((self.discounts >= 0) & (self.discounts <= np.arange(1, classes + 1))).all()
        ):
            raise BadInput(f"discounts={discounts}: each order has three, of 0 to 1, 0 to 2 and 0 to 3")

    def counts(self, table: NGramTable, order: int) -> NDArray[np.integer]:
        """See :meth:`Interpolated.counts`."""
        here = table.level(order)
        counts = table.counts[here]
        if order == table.order:
            return counts
        before = np.bincount(table.suffixes[table.level(order + 1)] - here.start, minlength=len(counts))
        return np.where(before > 0, before, counts)

    def parts(self, level: Level) -> tuple[Floats, Floats]:
        """See :meth:`Interpolated.parts`."""
        discounts = np.concatenate([[0], self.discounts_of(level)])[np.minimum(level.counts, len(_FALLBACK))]
        taken = np.bincount(level.parents, discounts, len(level.totals))
        return (level.counts - discounts) / level.totals[level.parents], taken / level.totals

    def discounts_of(self, level: Level) -> Floats:
        """The discounts of a level ``(3,)``."""
        if self.discounts is not None:
            if level.order > len(self.discounts):
                raise BadInput(
                    f"there are discounts for {len(self.discounts)} orders, but none for order {level.order}"
                )
            return self.discounts[level.order - 1]
        return self.estimate(np.bincount(np.minimum(level.counts, 5), minlength=6)[1:5])

    def estimate(self, n: NDArray[np.integer]) -> Floats:
        """The discounts ``(3,)`` for ``n_1 … n_4`` n-grams of these counts."""
        i = np.arange(1, 4)
        if not n[:3].all():
            return np.array(_FALLBACK)
        found = i - (i + 1) * n[0] / (n[0] + 2 * n[1]) * n[1:] / n[:3]
        return found if ((found >= 0) & (found <= i)).all() else np.array(_FALLBACK)


class KneserNey(ModifiedKneserNey):
    """As :class:`ModifiedKneserNey`, with one discount an order, ``D = n_1 / (n_1 + 2 n_2)``, or 0.5 (Ney et al. 1994).

    Kneser, Ney, "Improved Backing-off for M-gram Language Modeling", 1995, interpolated.
    """

    def __init__(self, discounts: Sequence[float] | None = None) -> None:
        """A discount of 0 to 1 for each order from 1; by default from the counts."""
        if discounts is not None and not all(0 <= discount <= 1 for discount in discounts):
            raise BadInput(f"discounts={list(discounts)}: each order has one, of 0 to 1")
        super().__init__(None if discounts is None else [[discount] * len(_FALLBACK) for discount in discounts])

    def estimate(self, n: NDArray[np.integer]) -> Floats:
        """See :meth:`ModifiedKneserNey.estimate`."""
        discount = n[0] / (n[0] + 2 * n[1]) if n[:2].all() else _FALLBACK[0]
        return np.full(len(_FALLBACK), discount)
