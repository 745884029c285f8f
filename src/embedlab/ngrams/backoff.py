"""Smoothings that turn to the lower order only for what was not seen: Katz, and stupid back-off."""

import numpy as np

from embedlab.errors import BadInput
from embedlab.ngrams.model import NGramModel
from embedlab.ngrams.smoothing import Floats, Level, Smoothing, require_words
from embedlab.ngrams.table import NGramTable


class Katz(Smoothing):
    """``p(w | h) = d(c) c(h w) / c(h ·)`` where ``c(h w) > 0``, else ``b(h) · p(w | h')``, ``b`` making the sum one.

    Katz, "Estimation of Probabilities from Sparse Data for the Language Model Component of a Speech Recognizer", 1987.
    Good–Turing discounts of counts ``r ≤ k``, of ``n_r`` n-grams of the order that occur r times:
    ``d(r) = (r*/r − A) / (1 − A)``, ``r* = (r + 1) n_{r+1} / n_r``, ``A = (k + 1) n_{k+1} / n_1``. Discounts that come
    out of (0, 1] are 1. If that leaves a context nothing for words that did not follow it, it is taken to have been
    seen once more, with one of them. What is left by words is shared by those of no count.
    """

    def __init__(self, k: int = 5, min_count: int = 1) -> None:
        """By counts.

        Args:
            k: up to it they are discounted.
            min_count: n-grams of three words and more that occur fewer times are taken as not seen after their context,
                and what they had is left to others; 2 and a k of 7 are what SRILM does unless told otherwise.

        Raises:
            BadInput: one is below 1.
        """
        if k < 1 or min_count < 1:
            raise BadInput(f"k={k}, min_count={min_count}: both are at least 1")
        self.k, self.min_count = k, min_count

    def __call__(self, table: NGramTable) -> NGramModel:
        """See :meth:`Smoothing.__call__`."""
        require_words(table)
        log_probabilities = np.empty(len(table.words), np.float32)
        log_backoffs = np.zeros(len(table.first) - 1, np.float32)
        log_probabilities[0] = 0
        lower = np.zeros(1)
        for order in range(1, table.order + 1):
            above, here = table.level(order - 1), table.level(order)
            level = Level.of(table, order, table.counts[here])
            of_lower = lower[table.suffixes[here] - above.start]
            lower, left = self._discounted(level)
            if order == 1:
                none = level.counts[:-1] == 0
                lower[:-1][none] = left[0] / max(none.sum(), 1)
            else:
                other = 1 - np.bincount(level.parents, np.where(lower > 0, of_lower, 0), len(level.totals))
                backoffs = np.where(level.totals > 0, left / np.maximum(other, np.finfo(np.float64).tiny), 1)
                lower = np.where(lower > 0, lower, backoffs[level.parents] * of_lower)
                with np.errstate(divide="ignore"):
                    log_backoffs[above] = np.log(backoffs)
            with np.errstate(divide="ignore"):
                log_probabilities[here] = np.log(lower)
        return NGramModel.of_table(table, log_probabilities, log_backoffs)

    def _discounted(self, level: Level) -> tuple[Floats, Floats]:
        """Probabilities of n-grams, and what their contexts have left for other words."""
        discounts = np.append(self.discounts_of(level), 1.0)
        kept = level.counts * discounts[np.minimum(level.counts, self.k + 1) - 1]
        if level.order > 2:
            kept[level.counts < self.min_count] = 0
        totals = level.totals.astype(np.float64)
        left = totals - np.bincount(level.parents, kept, len(totals))
        whole = np.bincount(level.parents[kept > 0], minlength=len(totals)) == level.vocabulary_size  # no other words
        kept[whole[level.parents]] = level.counts[whole[level.parents]]
        nothing = ~whole & (left <= 1e-9 * totals)
        kept[nothing[level.parents]] = level.counts[nothing[level.parents]]
        left = np.where(whole, 0.0, np.where(nothing, 1.0, left))
        totals += nothing
        with np.errstate(invalid="ignore"):
            return kept / totals[level.parents], left / totals

    def discounts_of(self, level: Level) -> Floats:
        """``d(1) … d(k)`` of a level."""
        r = np.arange(1, self.k + 1)
        n = np.bincount(np.minimum(level.counts, self.k + 2), minlength=self.k + 3)[1:-1]  # n_1 … n_{k+1}
        with np.errstate(invalid="ignore", divide="ignore"):
            common = (self.k + 1) * n[-1] / n[0]
            found = ((r + 1) * n[1:] / (r * n[:-1]) - common) / (1 - common)
            return np.where((found > 0) & (found <= 1) & (common < 1), found, 1.0)


class StupidBackoff(Smoothing):
    """``S(w | h) = c(h w) / c(h ·)`` where ``c(h w) > 0``, else ``α · S(w | h')``: scores that do not sum to one.

    Brants, Popat, Xu, Och, Dean, "Large Language Models in Machine Translation", 2007.

    Scaled, ``p(w | h) = S(w | h) / Z(h)``, they do. The sums of all scores after a context are
    ``Z(h) = 1 + α (Z(h') − Σ S(w | h'))``, the last over words that were seen after ``h``.
    """

    def __init__(self, alpha: float = 0.4, scaled: bool = False) -> None:
        """As published, or so that there is a perplexity.

        Args:
            alpha: α, above 0 and up to 1.
            scaled: divide by Z.
        """
        if not 0 < alpha <= 1:
            raise BadInput(f"alpha={alpha}: above 0, up to 1")
        self.alpha, self.probabilities = alpha, scaled

    def __call__(self, table: NGramTable) -> NGramModel:
        """See :meth:`Smoothing.__call__`."""
        require_words(table)
        log_alpha = float(np.log(self.alpha))
        log_scores = np.zeros(len(table.words), np.float32)
        log_backoffs = np.full(len(table.first) - 1, log_alpha, np.float32)
        scores = sums = np.ones(1)
        for order in range(1, table.order + 1):
            above, here = table.level(order - 1), table.level(order)
            level = Level.of(table, order, table.counts[here])
            if self.probabilities and order > 1:
                of_seen = np.bincount(level.parents, scores[table.suffixes[here] - above.start], len(level.totals))
                of_suffix = sums[table.suffixes[above] - table.levels[order - 2]]
                sums = (level.totals > 0) + self.alpha * (of_suffix - of_seen)
                log_backoffs[above] += np.log(of_suffix / sums)
            else:
                sums = np.ones(len(level.totals))
            scores = level.counts / level.totals[level.parents]
            with np.errstate(divide="ignore"):
                log_scores[here] = np.log(scores / sums[level.parents])
        log_unseen = 0.0 if self.probabilities else log_alpha
        return NGramModel.of_table(table, log_scores, log_backoffs, log_unseen, self.probabilities)
