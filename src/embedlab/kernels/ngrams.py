"""Counting n-grams by sorting, and walking along tables of them.

The n-grams of a text are the nodes of a tree: a node's path from the root spells its n-gram, so its parent is the
n-gram without the last word. Nodes are numbered level by level, and within a level by (parent, word). So the children
of a node stand side by side in the order of their words, and ``first`` says where. Node 0 is the root, the empty
n-gram; nodes ``1 … V`` are the words; node ``V + 1`` is the start of a sentence, which as a word has number ``V``.
"""

import numpy as np
from numpy.typing import NDArray

from embedlab.kernels.jit import compiled

Level = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]


def count_level(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    by_word: NDArray[np.int32],
    before: NDArray[np.int32],
    parents: int,
    start: int,
    order: int,
    context: int = 0,
    within: bool = False,
) -> tuple[Level, NDArray[np.int32]]:
    """The n-grams of a text of one order, from those of the order below.

    Args:
        ids: the text ``(N,)``.
        offsets: ``(sentences + 1,)``, where each sentence starts.
        by_word: positions ``(N,)`` by rising id, those of equal ids in rising order.
        before: of the order below, the number within its level of the n-gram that ends at each position, ``-1`` where
            there is none ``(N,)``.
        parents: n-grams of the order below.
        start: number within the level of the start of a sentence, for order 2.
        order: from 2 on.
        context: n-grams that end in so many first ids are there, but their counts are zero.
        within: the first sentence goes on from before the text, so no start of a sentence stands before it.

    Returns:
        The level: words, counts and suffixes ``(n,)`` and first children of the parents ``(parents + 1,)``, suffixes
        and children numbered within their level; and the n-gram that ends at each position ``(N,)``, as in ``before``.
    """
    parent = _parents(ids, offsets, before, start, order, within)
    words, counts, suffixes, first, at = _grouped(ids, by_word, before, parent, parents, context)
    return (words.copy(), counts.copy(), suffixes.copy(), first), at


def positions_by_word(ids: NDArray[np.int32], words: int) -> NDArray[np.int32]:
    """Positions in a text ``(N,)`` by rising id, those of equal ids in rising order."""
    return _by_word(ids, words)


def merge_level(
    ours: Level, theirs: Level, our_parents: NDArray[np.int32], their_parents: NDArray[np.int32], parents: int
) -> tuple[Level, NDArray[np.int32], NDArray[np.int32]]:
    """Two levels as one, counts added up.

    Args:
        ours: a level, numbered within itself, except that its suffixes are those of the merged level below.
        theirs: likewise.
        our_parents: the merged number of each parent.
        their_parents: likewise.
        parents: of the merged level.

    Returns:
        The merged level, and the merged number of each n-gram of ours, and of theirs.
    """
    words, counts, suffixes, first, our_new, their_new = _merged(*ours, *theirs, our_parents, their_parents, parents)
    return (words.copy(), counts.copy(), suffixes.copy(), first), our_new, their_new


@compiled
def _by_word(ids, words):  # type: ignore[no-untyped-def]
    places = np.zeros(words + 1, np.int64)
    for word in ids:
        places[word + 1] += 1
    places = np.cumsum(places)
    order = np.empty(len(ids), np.int32)
    for i in range(len(ids)):
        order[places[ids[i]]] = i
        places[ids[i]] += 1
    return order


@compiled
def _parents(ids, offsets, before, start, order, within):  # type: ignore[no-untyped-def]
    parent = np.full(len(ids), -1, np.int32)
    for sentence in range(len(offsets) - 1):
        begin, end = offsets[sentence], offsets[sentence + 1]
        if order == 2 and begin < end and (sentence > 0 or not within):
            parent[begin] = start
        for i in range(begin + max(1, order - 2), end):
            parent[i] = before[i - 1]
    return parent


@compiled
def _grouped(ids, by_word, before, parent, parents, context):  # type: ignore[no-untyped-def]
    places = np.zeros(parents + 1, np.int64)
    for p in parent:
        if p >= 0:
            places[p + 1] += 1
    places = np.cumsum(places)
    total = places[parents]
    order = np.empty(total, np.int32)
    for i in by_word:
        p = parent[i]
        if p >= 0:
            order[places[p]] = i
            places[p] += 1
    words, counts, suffixes = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total, np.int32)
    first = np.zeros(parents + 1, np.int32)
    at = np.full(len(ids), -1, np.int32)
    n = -1
    last_parent, last_word = np.int32(-1), np.int32(-1)
    for i in order:
        if parent[i] != last_parent or ids[i] != last_word:
            last_parent, last_word = parent[i], ids[i]
            n += 1
            words[n], counts[n], suffixes[n] = ids[i], 0, before[i]
            first[last_parent + 1] += 1
        if i >= context:
            counts[n] += 1
        at[i] = n
    for p in range(parents):
        first[p + 1] += first[p]
    return words[: n + 1], counts[: n + 1], suffixes[: n + 1], first, at


@compiled
def _merged(  # type: ignore[no-untyped-def]
    words_a, counts_a, suffixes_a, first_a, words_b, counts_b, suffixes_b, first_b, parents_a, parents_b, parents
):
    size_a, size_b = len(words_a), len(words_b)
    words = np.empty(size_a + size_b, np.int32)
    counts, suffixes = np.empty_like(words), np.empty_like(words)
    first = np.zeros(parents + 1, np.int32)
    new_a, new_b = np.empty(size_a, np.int32), np.empty(size_b, np.int32)
    a, b, parent_a, parent_b, n = 0, 0, 0, 0, 0
    while a < size_a or b < size_b:
        while a < size_a and first_a[parent_a + 1] <= a:
            parent_a += 1
        while b < size_b and first_b[parent_b + 1] <= b:
            parent_b += 1
        at_a = parents_a[parent_a] if a < size_a else parents
        at_b = parents_b[parent_b] if b < size_b else parents
        take_a = a < size_a and (at_a < at_b or (at_a == at_b and words_a[a] <= words_b[b]))
        take_b = b < size_b and (at_b < at_a or (at_a == at_b and words_b[b] <= words_a[a]))
        counts[n] = 0
        if take_a:
            words[n], suffixes[n] = words_a[a], suffixes_a[a]
            counts[n] += counts_a[a]
            new_a[a] = n
            a += 1
        if take_b:
            words[n], suffixes[n] = words_b[b], suffixes_b[b]
            counts[n] += counts_b[b]
            new_b[b] = n
            b += 1
        first[(at_a if take_a else at_b) + 1] += 1
        n += 1
    for p in range(parents):
        first[p + 1] += first[p]
    return words[:n], counts[:n], suffixes[:n], first, new_a, new_b


@compiled
def child(words, first, node, word):  # type: ignore[no-untyped-def]
    """The node of an n-gram and a word after it, ``-1`` where there is none; any word follows the root."""
    if node == 0:
        return np.int64(word) + 1
    low, high = np.int64(first[node]), np.int64(first[node + 1])
    end = high
    while low < high:
        middle = (low + high) >> 1
        if words[middle] < word:
            low = middle + 1
        else:
            high = middle
    return low if low < end and words[low] == word else np.int64(-1)


@compiled
def longest(words, first, suffixes, node, word):  # type: ignore[no-untyped-def]
    """The longest n-gram that is a context (one with a place in ``first``) and ends a known one and a word after it."""
    contexts = len(first) - 1
    if contexts == 1:
        return np.int64(0)
    found = child(words, first, node, word)
    while found < 0 or found >= contexts:
        node = np.int64(suffixes[node])
        found = child(words, first, node, word)
    return found


@compiled
def score(  # type: ignore[no-untyped-def]
    ids, offsets, words, first, suffixes, levels, log_probabilities, log_backoffs, log_unseen, out
):
    """``out[i] = log p(ids[i] | the words before it in its sentence)``.

    Args:
        ids: the text ``(N,)``, all in ``0 … V − 1``.
        offsets: where each sentence starts ``(sentences + 1,)``.
        words: of the nodes ``(M,)``.
        first: first child of each node below the highest order, and an end ``(C + 1,)``.
        suffixes: nodes of the longest suffixes of these nodes ``(C,)``.
        levels: first node of each order from 0, and an end ``(order + 2,)``.
        log_probabilities: ``(M,)``.
        log_backoffs: ``(C,)``.
        log_unseen: added for each word by which the longest known context is shorter than the order allows.
        out: ``(N,)``.
    """
    most = len(levels) - 3  # words of a context
    contexts = len(first) - 1
    for sentence in range(len(offsets) - 1):
        state = np.int64(levels[2] - 1) if most > 0 else np.int64(0)  # the start of a sentence
        before = 1
        for i in range(offsets[sentence], offsets[sentence + 1]):
            word = ids[i]
            total = np.float64(0)
            if log_unseen != 0:
                known = 0
                while levels[known + 1] <= state:
                    known += 1
                total += log_unseen * (min(before, most) - known)
            node = state
            found = child(words, first, node, word)
            while found < 0:
                total += log_backoffs[node]
                node = np.int64(suffixes[node])
                found = child(words, first, node, word)
            out[i] = total + log_probabilities[found]
            state = found if found < contexts else longest(words, first, suffixes, node, word)
            before += 1


@compiled
def walk(rows, words, first, out):  # type: ignore[no-untyped-def]
    """``out[i]``: node of the n-gram ``rows[i]``, ``-1`` where there is none.

    Args:
        rows: words of n-grams ``(n, k)``.
        words: of the nodes.
        first: of the nodes that may have children.
        out: ``(n,)``.
    """
    for i in range(len(rows)):
        node = np.int64(0)
        for k in range(rows.shape[1]):
            node = child(words, first, node, rows[i, k]) if node < len(first) - 1 else np.int64(-1)
            if node < 0:
                break
        out[i] = node


@compiled
def matches(ids, offsets, words, first, suffixes, levels, out):  # type: ignore[no-untyped-def]
    """Which contexts and n-grams of each order a text meets.

    Args:
        ids: the text ``(N,)``.
        offsets: where each sentence starts ``(sentences + 1,)``.
        words: of the nodes ``(M,)``.
        first: see :func:`score`.
        suffixes: see :func:`score`.
        levels: see :func:`score`.
        out: ``(N, order, 2)``: for contexts of 0, 1, … words, their node, and that of the word after them; ``-1`` where
            there is none.
    """
    order = len(levels) - 2
    for sentence in range(len(offsets) - 1):
        state = np.int64(levels[2] - 1) if order > 1 else np.int64(0)
        for i in range(offsets[sentence], offsets[sentence + 1]):
            word = ids[i]
            node = state
            while True:
                known = 0
                while levels[known + 1] <= node:
                    known += 1
                out[i, known, 0] = node
                out[i, known, 1] = child(words, first, node, word)
                if node == 0:
                    break
                node = np.int64(suffixes[node])
            state = longest(words, first, suffixes, state, word)
