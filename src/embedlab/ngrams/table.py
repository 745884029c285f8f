"""The n-grams of a text, with their counts, in sorted arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedlab.errors import BadInput
from embedlab.kernels import ngrams as kernels

HIGHEST_ORDER = 10
_MOST = np.iinfo(np.int32).max


def check_order(order: int) -> None:
    """Raises BadInput: no model has this order."""
    if not 1 <= order <= HIGHEST_ORDER:
        raise BadInput(f"order={order}: n-grams are of 1 to {HIGHEST_ORDER} words")


def sentence_bounds(ids: ArrayLike, end: int | None) -> NDArray[np.int64]:
    """Offsets ``(sentences + 1,)`` of a text whose sentences end with a word; without one it is a single sentence."""
    ids = np.asarray(ids)
    ends = np.flatnonzero(ids == end) + 1 if end is not None else np.empty(0, np.int64)
    return np.unique(np.concatenate([[0], ends, [len(ids)]]))


def checked_text(ids: ArrayLike, offsets: ArrayLike, words: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """A text as arrays.

    Raises:
        BadInput: the offsets do not part the ids into sentences, or an id is not one of so many words.
    """
    ids, offsets = np.ascontiguousarray(ids, np.int32), np.ascontiguousarray(offsets, np.int64)
    if len(offsets) < 1 or offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) < 0).any():
        raise BadInput("offsets must rise from 0 to the number of ids")
    if len(ids) and not (ids.min() >= 0 and ids.max() < words):
        raise BadInput(f"ids from {ids.min()} to {ids.max()}: the vocabulary's are 0 to {words - 1}")
    return ids, offsets


@dataclass(frozen=True, eq=False)
class NGramTree:
    """Which n-grams there are.

    They are nodes of a tree, numbered by (order, n-gram without its last word, last word): node 0 is the empty n-gram,
    nodes ``1 … V`` the words, and node ``V + 1`` the start of a sentence, which is part of contexts only and stands
    first in them. As a word it has the number ``V``.

    Attributes:
        words: last word of each node ``(M,)`` int32.
        first: of each node below the highest order, its first child, and in the end M ``(C + 1,)`` int32.
        suffixes: node of the longest suffix of each node, at least of those below the highest order, int32.
        levels: first node of each order from 0, and in the end M ``(order + 2,)`` int64.
    """

    words: NDArray[np.int32]
    first: NDArray[np.int32]
    suffixes: NDArray[np.int32]
    levels: NDArray[np.int64]

    @property
    def order(self) -> int:
        """Words of the longest n-grams."""
        return len(self.levels) - 2

    @property
    def vocabulary_size(self) -> int:
        """V, without the start of a sentence."""
        return int(self.levels[2] - 2)

    @property
    def start(self) -> int:
        """Node of the start of a sentence."""
        return int(self.levels[2] - 1)

    def level(self, order: int) -> slice:
        """The nodes of an order."""
        return slice(int(self.levels[order]), int(self.levels[order + 1]))

    def parents(self, order: int) -> NDArray[np.int32]:
        """Node of the context of each n-gram of an order from 1 on."""
        above = self.level(order - 1)
        children = np.diff(self.first[above.start : above.stop + 1])
        return np.repeat(np.arange(above.start, above.stop, dtype=np.int32), children)

    def from_start(self, order: int) -> int:
        """The first node of an order from 1 on that begins with the start of a sentence; so do all after it."""
        node = self.start
        for _ in range(order - 1):
            node = int(self.first[node])
        return node

    def find(self, ngrams: ArrayLike) -> NDArray[np.int64]:
        """Nodes of n-grams ``(n, k)``, ``-1`` for those that are not there."""
        rows = np.ascontiguousarray(ngrams, np.int32)
        out = np.empty(len(rows), np.int64)
        kernels.walk(rows, self.words, self.first, out)
        return out

    def state(self, context: Sequence[int], state: int | None = None) -> int:
        """Node of the longest known end of a context.

        Args:
            context: words that follow each other.
            state: where they go on from; the start of a sentence by default, 0: from nothing known.
        """
        if state is None:
            state = self.start if self.order > 1 else 0
        for word in context:
            state = kernels.longest(self.words, self.first, self.suffixes, state, word)
        return int(state)

    def after(self, words: Sequence[int], state: int, end: int | None) -> int:
        """As :meth:`state`, of words among which one ends a sentence, so that the next is at the start of another."""
        for word in words:
            state = self.state([]) if word == end else self.state([word], state)
        return state

    def ngrams(self, nodes: NDArray[np.integer], order: int) -> NDArray[np.int32]:
        """Words of nodes of one order ``(len(nodes), order)``."""
        rows = np.empty((len(nodes), order), np.int32)
        for place in range(order - 1, -1, -1):
            rows[:, place] = self.words[nodes]
            nodes = np.searchsorted(self.first, nodes, side="right") - 1
        return rows


@dataclass(frozen=True, eq=False)
class NGramTable(NGramTree):
    """The n-grams of a text of all orders up to the highest, and how often each occurs.

    Sentences begin with one start that is no word of the text, so that a text of sentences ``a b`` has the n-grams
    ``<s> a`` and ``<s> a b`` but not ``<s> <s> a``, and none goes over a sentence's end. The end is a word, if the text
    has one. Words of the vocabulary that the text does not have are there with a count of 0; ``<unk>`` is a word like
    any other.

    Attributes:
        counts: of each node ``(M,)`` int32; of the empty n-gram, all words; of the start, all sentences.
    """

    counts: NDArray[np.int32]

    @classmethod
    def count(
        cls,
        ids: ArrayLike,
        offsets: ArrayLike,
        vocabulary_size: int,
        order: int,
        context: int = 0,
        within: bool = False,
    ) -> "NGramTable":
        """Counts a text, sorting it once for each order.

        A text can be cut anywhere, if each block is given the ``order − 1`` words before it: the tables of its blocks,
        merged, are that of the whole. A text without sentences, as of characters, is always ``within`` one.

        Args:
            ids: ``(N,)`` in ``0 … V − 1``.
            offsets: ``(sentences + 1,)``: sentence ``i`` is ``ids[offsets[i]:offsets[i + 1]]``.
            vocabulary_size: V.
            order: words of the longest n-grams, 1 to 10.
            context: so many ids at the beginning are only what stands before the text: n-grams that end there are
                counted elsewhere.
            within: no sentence starts at the beginning of the ids.

        Raises:
            BadInput: an order or text that can't be.
        """
        check_order(order)
        ids, offsets = checked_text(ids, offsets, vocabulary_size)
        if len(ids) >= _MOST:
            raise BadInput(f"a text of {len(ids):,} words: count it in blocks of fewer")
        starts = offsets[int(within) : -1][np.diff(offsets[int(within) :]) > 0]
        sentences = int(np.count_nonzero(starts >= context))
        counts = np.append(np.bincount(ids[context:], minlength=vocabulary_size), sentences)
        words = np.arange(vocabulary_size + 1, dtype=np.int32)
        levels = [(words, counts.astype(np.int32), np.zeros_like(words), np.array([0, len(words)], np.int32))]
        by_word, at, size = kernels.positions_by_word(ids, vocabulary_size), ids, vocabulary_size + 1
        for k in range(2, order + 1):
            level, at = kernels.count_level(ids, offsets, by_word, at, size, vocabulary_size, k, context, within)
            size = len(level[0])
            levels.append(level)
        return cls._of(levels)

    def merged(self, other: "NGramTable") -> "NGramTable":
        """The table of two texts, one after the other, of the same vocabulary and order."""
        if (self.order, self.vocabulary_size) != (other.order, other.vocabulary_size):
            raise ValueError("only tables of the same vocabulary and order can be merged")
        if int(self.counts[0]) + int(other.counts[0]) >= _MOST:
            raise BadInput(f"more than {_MOST:,} words: a table can't count so many")
        mine = theirs = np.zeros(1, np.int32)
        levels: list[kernels.Level] = []
        size, below = 1, (mine, theirs)
        for order in range(1, self.order + 1):
            ours, others = self._level(order, below[0]), other._level(order, below[1])
            level, new_mine, new_theirs = kernels.merge_level(ours, others, below[0], below[1], size)
            size, below = len(level[0]), (new_mine, new_theirs)
            levels.append(level)
        return self._of(levels)

    def _level(self, order: int, merged_below: NDArray[np.int32]) -> kernels.Level:
        here, above = self.level(order), self.level(order - 1)
        suffixes = merged_below[self.suffixes[here] - above.start]
        first = self.first[above.start : above.stop + 1] - np.int32(here.start)
        return self.words[here], self.counts[here], suffixes, first

    @classmethod
    def _of(cls, levels: Sequence[kernels.Level]) -> "NGramTable":
        """The table of levels from order 1 on, each numbered within itself."""
        bounds = np.cumsum([0, 1, *(len(words) for words, _, _, _ in levels)])
        if bounds[-1] > _MOST:
            raise BadInput(f"{bounds[-1]:,} n-grams: a table holds {_MOST:,}; take a lower order")
        total = levels[0][1][:-1].sum()
        starts = bounds.tolist()
        root, end = np.array([[-1], [total], [0]], np.int32), np.array(starts[-1:], np.int32)
        words = np.concatenate([root[0], *(level[0] for level in levels)])
        counts = np.concatenate([root[1], *(level[1] for level in levels)])
        suffixes = np.concatenate([root[2], *(level[2] + below for level, below in zip(levels, starts, strict=False))])
        first = np.concatenate([*(level[3][:-1] + here for level, here in zip(levels, starts[1:], strict=False)), end])
        return cls(words, first, suffixes, bounds, counts)

    @cached_property
    def bytes_per_ngram(self) -> float:
        """What the arrays take, over the n-grams of all orders from 1."""
        arrays = self.words, self.first, self.suffixes, self.counts
        return sum(array.nbytes for array in arrays) / (len(self.words) - 1)


class NGramCounter:
    """Counts a text block by block; the tables of equally long stretches are merged, so each n-gram is moved seldom."""

    def __init__(self, vocabulary_size: int, order: int) -> None:
        """See :meth:`NGramTable.count`."""
        check_order(order)
        self.vocabulary_size, self.order = vocabulary_size, order
        self._tables: list[NGramTable] = []

    def add(self, ids: ArrayLike, offsets: ArrayLike, context: int = 0, within: bool = False) -> None:
        """Counts a block; see :meth:`NGramTable.count`."""
        self.add_table(NGramTable.count(ids, offsets, self.vocabulary_size, self.order, context, within))

    def add_table(self, table: NGramTable) -> None:
        """Adds what was counted elsewhere."""
        self._tables.append(table)
        while len(self._tables) > 1 and len(self._tables[-2].words) <= 2 * len(self._tables[-1].words):
            self._merge_last()

    @property
    def table(self) -> NGramTable:
        """All that was counted so far."""
        if not self._tables:
            self.add([], [0])
        while len(self._tables) > 1:
            self._merge_last()
        return self._tables[0]

    def _merge_last(self) -> None:
        last = self._tables.pop()
        self._tables[-1] = self._tables[-1].merged(last)
