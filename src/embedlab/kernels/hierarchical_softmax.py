"""Skip-gram and CBOW with the hierarchical softmax over a Huffman tree (Morin & Bengio 2005, Mikolov et al. 2013a)."""

import numpy as np

from embedlab.kernels.jit import compiled
from embedlab.kernels.skip_gram import falling, neighbours
from embedlab.kernels.vector_tiles import (
    MOST_OUTPUTS,
    check_table,
    gather,
    loss_of,
    new_scratch,
    new_table,
    prefetch,
    scatter,
    train_tile,
)
from embedlab.kernels.word_random import sample_windows


def path_targets(points: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The paths of all words one after the other, as the training functions take them.

    Args:
        points: the inner nodes on the way to each word, from the root on.
        codes: as many; 0 or 1, the branch that is taken at each. A 0 is to be learned as label 1, as in word2vec.

    Returns:
        int32: node n as n where its code is 0, as ``~n`` where it is 1.
    """
    return np.where(np.asarray(codes) != 0, ~np.asarray(points), points).astype(np.int32)


def train_skip_gram_on_paths(
    inputs: np.ndarray,
    nodes: np.ndarray,
    ids: np.ndarray,
    offsets: np.ndarray,
    first: int,
    last: int,
    window: int,
    paths: np.ndarray,
    path_offsets: np.ndarray,
    rate_begin: float,
    rate_end: float,
    keep: np.ndarray,
    seed: np.uint64,
) -> tuple[int, float]:
    """One pass over some sentences: descent on ``−Σ_n log σ(±x_c·o_n)`` over each word's path, for each neighbour c.

    A word's neighbours are a step together, eight nodes of its path at a time.

    Args:
        inputs: the word vectors, ``(V, width)``, updated in place; see :mod:`embedlab.kernels.vector_tiles`.
        nodes: the vectors of the tree's inner nodes, likewise; at the start zeros.
        ids: as the other arguments those of :func:`embedlab.kernels.skip_gram.train_skip_gram`.
        offsets: likewise.
        first: likewise.
        last: likewise.
        window: likewise.
        paths: of :func:`path_targets`.
        path_offsets: int64 ``(V + 1,)``, where each word's path starts.
        rate_begin: likewise.
        rate_end: likewise.
        keep: likewise.
        seed: likewise.

    Returns:
        How many pairs there were, and their summed loss in nats.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("inputs", inputs)
    check_table("nodes", nodes)
    rates = np.float32(rate_begin), np.float32(rate_end)
    return _skip_gram(inputs, nodes, ids, offsets, first, last, window, paths, path_offsets, *rates, keep, seed)


def train_cbow_on_paths(
    inputs: np.ndarray,
    nodes: np.ndarray,
    ids: np.ndarray,
    offsets: np.ndarray,
    first: int,
    last: int,
    window: int,
    paths: np.ndarray,
    path_offsets: np.ndarray,
    rate_begin: float,
    rate_end: float,
    keep: np.ndarray,
    seed: np.uint64,
    mean: bool = True,
) -> tuple[int, float]:
    """One pass over some sentences: descent on ``−Σ_n log σ(±h·o_n)`` over the path of each word, h of its neighbours.

    Arguments as of :func:`train_skip_gram_on_paths`, ``mean`` and the gradient as of
    :func:`embedlab.kernels.cbow.train_cbow`.

    Returns:
        How many words with neighbours there were, and their summed loss in nats.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("inputs", inputs)
    check_table("nodes", nodes)
    rates = np.float32(rate_begin), np.float32(rate_end)
    return _cbow(inputs, nodes, ids, offsets, first, last, window, paths, path_offsets, *rates, keep, seed, mean)


@compiled
def prefetch_path(nodes, paths, path_offsets, word):  # type: ignore[no-untyped-def]
    """The lower half of a path; the nodes by the root are always at hand."""
    begin, end = path_offsets[word], path_offsets[word + 1]
    for step in range(begin + (end - begin) // 2, end):
        prefetch(nodes, paths[step] ^ (paths[step] >> 31))


@compiled
def _skip_gram(  # type: ignore[no-untyped-def]
    inputs, nodes, ids, offsets, first, last, window, paths, path_offsets, rate_begin, rate_end, keep, state
):
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    found, scratch = np.empty(2 * window + 1, np.int32), new_scratch(2 * window)
    pairs = 0
    for centre in range(len(words)):
        if centre + window + 1 < len(words):
            prefetch(inputs, words[centre + window + 1])
            prefetch_path(nodes, paths, path_offsets, words[centre + 1])
        count = neighbours(words, windows, centre, window, found)
        rate = falling(rate_begin, rate_end, centre, len(words))
        end = path_offsets[words[centre] + 1]
        for step in range(path_offsets[words[centre]], end, MOST_OUTPUTS):
            train_tile(inputs, found, 0, count, nodes, paths, step, min(end - step, MOST_OUTPUTS), rate, scratch)
        pairs += count
    return pairs, loss_of(scratch)


@compiled
def _cbow(  # type: ignore[no-untyped-def]
    inputs, nodes, ids, offsets, first, last, window, paths, path_offsets, rate_begin, rate_end, keep, state, mean
):
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    found, only = np.empty(2 * window + 1, np.int32), np.zeros(1, np.int32)
    hidden, scratch = new_table(2, inputs.shape[1]), new_scratch(1)
    examples = 0
    for centre in range(len(words)):
        if centre + window + 1 < len(words):
            prefetch(inputs, words[centre + window + 1])
            prefetch_path(nodes, paths, path_offsets, words[centre + 1])
        count = neighbours(words, windows, centre, window, found)
        if count:
            rate = falling(rate_begin, rate_end, centre, len(words))
            gather(inputs, found, 0, count, hidden, np.float32(1) / np.float32(count) if mean else np.float32(1))
            end = path_offsets[words[centre] + 1]
            for step in range(path_offsets[words[centre]], end, MOST_OUTPUTS):
                train_tile(hidden, only, 0, 1, nodes, paths, step, min(end - step, MOST_OUTPUTS), rate, scratch)
            scatter(inputs, found, 0, count, hidden)
            examples += 1
    return examples, loss_of(scratch)
