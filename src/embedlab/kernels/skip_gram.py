"""Skip-gram with negative sampling (Mikolov et al. 2013b), as word2vec trains it or with negatives shared per word."""

import numpy as np

from embedlab.kernels.jit import compiled
from embedlab.kernels.vector_tiles import MOST_OUTPUTS, check_table, loss_of, new_scratch, prefetch, train_tile
from embedlab.kernels.word_random import negative_word, sample_windows


def train_skip_gram(
    inputs: np.ndarray,
    outputs: np.ndarray,
    ids: np.ndarray,
    offsets: np.ndarray,
    first: int,
    last: int,
    window: int,
    negatives: int,
    rate_begin: float,
    rate_end: float,
    keep: np.ndarray,
    noise: np.ndarray,
    seed: np.uint64,
    negatives_shared: bool = False,
) -> tuple[int, float]:
    """One pass over some sentences: descent on ``−log σ(x_c·o_w) − Σ_k log σ(−x_c·o_k)`` for words w and neighbours c.

    As in word2vec the neighbour's vector x is the input and the word's vector o the output. With negatives of each
    pair's own, the pairs are worked on one after the other. With shared negatives a word's neighbours are a step
    together, against the same k negatives: as many products, a fraction of the memory traffic, the same quality.

    Args:
        inputs: the word vectors, ``(V, width)``, updated in place; see :mod:`embedlab.kernels.vector_tiles`.
        outputs: the output vectors, likewise; at the start zeros.
        ids: int32, the text as indices of words.
        offsets: int64 ``(sentences + 1,)``, where each sentence starts in the ids.
        first: sentence from which on.
        last: sentence after the last.
        window: neighbours to each side at most; the actual number is drawn for each word, from 1 on.
        negatives: negative words for each pair, or each word.
        rate_begin: learning rate at the start, from which it falls or rises linearly,
        rate_end: to that at the end.
        keep: of :func:`embedlab.kernels.word_random.keep_thresholds`.
        noise: of :func:`embedlab.kernels.word_random.alias_table`.
        seed: of :func:`embedlab.kernels.word_random.stream`.
        negatives_shared: by all neighbours of a word.

    Returns:
        How many pairs there were, and their summed loss in nats, each at its values before its step.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("inputs", inputs)
    check_table("outputs", outputs)
    train = _shared_negatives if negatives_shared else _own_negatives
    rates = np.float32(rate_begin), np.float32(rate_end)
    return train(inputs, outputs, ids, offsets, first, last, window, negatives, *rates, keep, noise, seed)


@compiled
def neighbours(words, windows, centre, window, found):  # type: ignore[no-untyped-def]
    """The words around one into ``found``, of size ``2 · window + 1``, and how many.

    Looks at all places of the largest window: a loop whose end the processor foresees is faster than a shorter one.
    """
    low, high = windows[centre]
    count = 0
    for position in range(centre - window, centre + window + 1):
        found[count] = words[min(max(position, 0), len(words) - 1)]
        count += (position >= low) & (position < high) & (position != centre)
    return count


@compiled
def prefetch_ahead(inputs, outputs, words, centre, window):  # type: ignore[no-untyped-def]
    """The rows that come into play soon."""
    if centre + window + 2 < len(words):
        prefetch(inputs, words[centre + window + 2])
        prefetch(outputs, words[centre + 2])


@compiled
def draw_negatives(outputs, noise, positive, negatives, targets, start, state):  # type: ignore[no-untyped-def]
    """The outputs of a tile into ``targets[start:]``: the positive word and its negatives, whose rows are sent for."""
    targets[start] = positive
    for target in range(start + 1, start + negatives + 1):
        word, state = negative_word(noise, positive, state)
        prefetch(outputs, word)
        targets[target] = ~word
    return state


@compiled
def falling(begin, end, part, whole):  # type: ignore[no-untyped-def]
    """The learning rate when ``part`` of ``whole`` is done."""
    return begin + (end - begin) * (np.float32(part) / np.float32(whole))


@compiled
def _shared_negatives(  # type: ignore[no-untyped-def]
    inputs, outputs, ids, offsets, first, last, window, negatives, rate_begin, rate_end, keep, noise, state
):
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    found = np.empty(2 * window + 1, np.int32)
    # The negatives of the next word are drawn one word ahead, so that their rows have arrived when they are needed.
    size = negatives + 1
    targets = np.empty(2 * size, np.int32)
    scratch = new_scratch(2 * window)
    pairs = 0
    if len(words):
        state = draw_negatives(outputs, noise, words[0], negatives, targets, 0, state)
    for centre in range(len(words)):
        if centre + 1 < len(words):
            ahead = (centre + 1) % 2 * size
            state = draw_negatives(outputs, noise, words[centre + 1], negatives, targets, ahead, state)
        prefetch_ahead(inputs, outputs, words, centre, window)
        count = neighbours(words, windows, centre, window, found)
        rate = falling(rate_begin, rate_end, centre, len(words))
        for target in range(0, size, MOST_OUTPUTS):
            many = min(size - target, MOST_OUTPUTS)
            train_tile(inputs, found, 0, count, outputs, targets, centre % 2 * size + target, many, rate, scratch)
        pairs += count
    return pairs, loss_of(scratch)


@compiled
def _own_negatives(  # type: ignore[no-untyped-def]
    inputs, outputs, ids, offsets, first, last, window, negatives, rate_begin, rate_end, keep, noise, state
):
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    found = np.empty(2 * window + 1, np.int32)
    size = negatives + 1
    targets = np.empty(2 * window * size, np.int32)  # of all pairs of a word
    scratch = new_scratch(1)
    pairs = 0
    for centre in range(len(words)):
        prefetch_ahead(inputs, outputs, words, centre, window)
        count = neighbours(words, windows, centre, window, found)
        for pair in range(count):
            state = draw_negatives(outputs, noise, words[centre], negatives, targets, pair * size, state)
        rate = falling(rate_begin, rate_end, centre, len(words))
        for pair in range(count):
            for target in range(0, size, MOST_OUTPUTS):
                many = min(size - target, MOST_OUTPUTS)
                train_tile(inputs, found, pair, 1, outputs, targets, pair * size + target, many, rate, scratch)
        pairs += count
    return pairs, loss_of(scratch)
