"""Jelinek–Mercer smoothing, its weights given or learned from held-out text."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedlab.errors import BadInput
from embedlab.kernels import ngrams as kernels
from embedlab.ngrams.smoothing import Floats, Interpolated, Level
from embedlab.ngrams.table import NGramTable, checked_text


class JelinekMercer(Interpolated):
    """``p(w | h) = λ c(h w) / c(h ·) + (1 − λ) · p(w | h')``, λ of the order and of how often h was seen.

    Jelinek, Mercer, "Interpolated Estimation of Markov Source Parameters from Sparse Data", 1980. Contexts share a λ if
    ``⌊log2 c(h ·)⌋`` is equal, or beyond the last weight.
    """

    def __init__(self, weights: ArrayLike | None = None, buckets: int = 16, iterations: int = 20) -> None:
        """Weights are given, or fitted to held-out text.

        Args:
            weights: λ of 0 to 1 for each order from 1 ``(order,)``, or by ``⌊log2 c(h ·)⌋`` ``(order, buckets)``, the
                last also for all that are more frequent.
            buckets: weights of an order, if they are to be fitted.
            iterations: of fitting.

        Raises:
            BadInput: such weights can't be, or not so few buckets.
        """
        if buckets < 1 or iterations < 1:
            raise BadInput(f"buckets={buckets}, iterations={iterations}: at least one each")
        self.buckets, self.iterations, self.given = buckets, iterations, weights is not None
        if weights is not None:
            given = np.array(weights, np.float64)
            if given.ndim not in (1, 2) or not given.size or not ((given >= 0) & (given <= 1)).all():
                raise BadInput(f"weights={given.tolist()}: each order has a weight of 0 to 1, or a row of such")
            self.weights = given.reshape(len(given), -1)

    def parts(self, level: Level) -> tuple[Floats, Floats]:
        """See :meth:`Interpolated.parts`."""
        if self.weights is None:
            raise BadInput("Jelinek-Mercer smoothing needs weights, or held-out text to fit them to")
        if level.order > len(self.weights):
            raise BadInput(f"there are weights for {len(self.weights)} orders, but none for order {level.order}")
        weights = self.weights[level.order - 1][_bucket(level.totals, self.weights.shape[1])]
        return (weights / level.totals)[level.parents] * level.counts, 1 - weights

    def fit(self, table: NGramTable, ids: ArrayLike, offsets: ArrayLike) -> None:
        """Weights under which held-out text is most probable, by expectation maximisation; given ones stay.

        Each word is thought to be drawn from one order: with probability λ from that of its longest known context,
        otherwise from a shorter one. λ is how often it was that order, of the times it had its turn.

        Args:
            table: of other text; on its own the highest orders' λ would become 1.
            ids: held-out text ``(N,)``.
            offsets: where its sentences start, as of :meth:`NGramTable.count`.

        Raises:
            BadInput: there is no held-out text, or it can't be text.
        """
        ids, offsets = checked_text(ids, offsets, table.vocabulary_size)
        if self.given:
            return
        if not len(ids):
            raise BadInput("there is no held-out text to fit the weights to")
        met = np.full((len(ids), table.order, 2), -1, np.int64)
        kernels.matches(ids, offsets, table.words, table.first, table.suffixes, table.levels, met)
        bucket = np.full((len(ids), table.order), -1)  # of contexts that were seen with a word after them
        likelihood = np.zeros((len(ids), table.order))
        for order in range(1, table.order + 1):
            level = Level.of(table, order, table.counts[table.level(order)])
            context, ngram = met[:, order - 1].T
            known = np.flatnonzero(context >= 0)
            totals = level.totals[context[known] - table.levels[order - 1]]
            seen, totals = known[totals > 0], totals[totals > 0]
            counts = np.where(ngram[seen] >= 0, table.counts[ngram[seen]], 0)
            bucket[seen, order - 1] = _bucket(totals, self.buckets)
            likelihood[seen, order - 1] = counts / totals
        weights = np.full((table.order, self.buckets), 0.5)
        for _ in range(self.iterations):
            weights = _step(weights, bucket, likelihood, 1 / table.vocabulary_size)
        self.weights = weights


def _bucket(totals: NDArray[np.integer], buckets: int) -> NDArray[np.intp]:
    return np.minimum(np.frexp(np.maximum(totals, 1))[1] - 1, buckets - 1).astype(np.intp)


def _step(weights: Floats, bucket: NDArray[np.integer], likelihood: Floats, uniform: float) -> Floats:
    """Weights after one step of expectation maximisation."""
    order = np.arange(len(weights))
    own = np.where(bucket >= 0, weights[order, bucket], 0)  # λ of each word at each order
    interpolated = np.empty_like(likelihood)
    below = np.full(len(likelihood), uniform)
    for k in order:
        below = interpolated[:, k] = own[:, k] * likelihood[:, k] + (1 - own[:, k]) * below
    turn = np.ones(len(likelihood))  # probability that the word is drawn from this order or a lower one, after the fact
    result = weights.copy()
    for k in order[::-1]:
        with np.errstate(invalid="ignore"):
            here = np.where(interpolated[:, k] > 0, turn * own[:, k] * likelihood[:, k] / interpolated[:, k], 0)
        seen = bucket[:, k] >= 0
        turns = np.bincount(bucket[seen, k], turn[seen], weights.shape[1])
        taken = np.bincount(bucket[seen, k], here[seen], weights.shape[1])
        result[k] = np.where(turns > 0, taken / np.maximum(turns, np.finfo(np.float64).tiny), weights[k])
        turn = turn - here
    return np.clip(result, 0, 1)
