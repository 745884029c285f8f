"""From counts to probabilities: smoothing by interpolation with the next lower order."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedlab.errors import BadInput
from embedlab.ngrams.model import NGramModel
from embedlab.ngrams.table import NGramTable

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Level:
    """The n-grams ``h w`` of one order, m of them, and their contexts ``h``.

    Attributes:
        order: words of the n-grams.
        highest: whether there are no longer ones.
        vocabulary_size: V.
        counts: ``c(h w)``, or what stands for them ``(m,)``.
        parents: which context each has ``(m,)``.
        totals: ``c(h ·) = Σ_w c(h w)`` of the contexts ``(contexts,)``.
        types: how many words have a count after each context ``(contexts,)``.
        from_start: contexts from here on begin with the start of a sentence.
    """

    order: int
    highest: bool
    vocabulary_size: int
    counts: NDArray[np.int64]
    parents: NDArray[np.int32]
    totals: NDArray[np.int64]
    types: NDArray[np.int64]
    from_start: int

    @classmethod
    def of(cls, table: NGramTable, order: int, counts: NDArray[np.integer]) -> "Level":
        """A level of a table, with counts for its n-grams."""
        above, here = table.level(order - 1), table.level(order)
        own = np.array(counts, np.int64)
        if order == 1:
            own[-1] = 0  # the start of a sentence is never predicted
        bounds = table.first[above.start : above.stop + 1] - here.start
        totals, types = (np.diff(np.append(0, np.cumsum(values))[bounds]) for values in (own, own > 0))
        parents = table.parents(order) - np.int32(above.start)
        from_start = table.from_start(order - 1) - above.start if order > 1 else 1
        return cls(order, order == table.order, table.vocabulary_size, own, parents, totals, types, from_start)


class Smoothing(ABC):
    """Makes a model of counts.

    Attributes:
        weights: what was learned from held-out text, if something is.
        probabilities: that its models give them, and not mere scores.
    """

    weights: Floats | None = None
    probabilities: bool = True

    def fit(self, table: NGramTable, ids: ArrayLike, offsets: ArrayLike) -> None:  # noqa: B027 - most learn nothing
        """Learns from held-out text, as of :meth:`NGramTable.count`, what there is to be learned from it."""

    @abstractmethod
    def __call__(self, table: NGramTable) -> NGramModel:
        """The model of a table.

        Raises:
            BadInput: the table is empty, or doesn't go with the smoothing.
        """


class Interpolated(Smoothing):
    """``p(w | h) = s(h w) + r(h) · p(w | h without its first word)``; below order 1 there is ``1 / V``.

    After a context that was never seen, ``r(h) = 1``.
    """

    @abstractmethod
    def parts(self, level: Level) -> tuple[Floats, Floats]:
        """``s`` of the n-grams ``(m,)`` and ``r`` of the contexts ``(contexts,)``, which may be NaN if never seen."""

    def counts(self, table: NGramTable, order: int) -> NDArray[np.integer]:
        """What counts for the n-grams of an order."""
        return table.counts[table.level(order)]

    def __call__(self, table: NGramTable) -> NGramModel:
        """See :meth:`Smoothing.__call__`."""
        require_words(table)
        log_probabilities = np.empty(len(table.words), np.float32)
        log_backoffs = np.empty(len(table.first) - 1, np.float32)
        log_probabilities[0] = 0
        lower = np.array([1 / table.vocabulary_size])
        for order in range(1, table.order + 1):
            above, here = table.level(order - 1), table.level(order)
            level = Level.of(table, order, self.counts(table, order))
            with np.errstate(invalid="ignore", divide="ignore"):
                seen, rest = self.parts(level)
                rest = np.where(level.totals > 0, rest, 1.0)
                lower = seen + rest[level.parents] * lower[table.suffixes[here] - above.start]
                if order == 1:
                    lower[-1] = 0
                log_probabilities[here], log_backoffs[above] = np.log(lower), np.log(rest)
        return NGramModel.of_table(table, log_probabilities, log_backoffs)


def require_words(table: NGramTable) -> None:
    """Raises BadInput: no words were counted."""
    if not table.counts[0]:
        raise BadInput("no words were counted: there is no model of an empty text")


class MaximumLikelihood(Interpolated):
    """``p(w | h) = c(h w) / c(h ·)``; after a context that was never seen, that of the longest end of it that was."""

    def parts(self, level: Level) -> tuple[Floats, Floats]:
        """See :meth:`Interpolated.parts`."""
        return level.counts / level.totals[level.parents], np.zeros(len(level.totals))


class AddK(Interpolated):
    """``p(w | h) = (c(h w) + k) / (c(h ·) + k V)``, with no lower orders (Lidstone; Laplace for k = 1)."""

    def __init__(self, k: float = 1.0) -> None:
        """k, above zero."""
        if not k > 0:
            raise BadInput(f"k={k}: it must be above zero; without it take maximum likelihood")
        self.k = k

    def parts(self, level: Level) -> tuple[Floats, Floats]:
        """See :meth:`Interpolated.parts`."""
        added = self.k * level.vocabulary_size
        seen = level.counts / (level.totals + added)[level.parents]
        rest = added / (level.totals + np.float64(added))
        if not level.highest:  # only what begins a sentence has no longer context
            rest[: level.from_start] = 1
            seen[level.parents < level.from_start] = 0
        return seen, rest


class WittenBell(Interpolated):
    """``p(w | h) = (c(h w) + t(h) · p(w | h')) / (c(h ·) + t(h))``, ``t`` words having followed ``h``.

    Witten, Bell, "The Zero-Frequency Problem", 1991, method C, interpolated down to ``1 / V``.
    """

    def parts(self, level: Level) -> tuple[Floats, Floats]:
        """See :meth:`Interpolated.parts`."""
        whole = level.totals + level.types
        return level.counts / whole[level.parents], level.types / whole
