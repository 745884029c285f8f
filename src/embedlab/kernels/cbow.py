"""Continuous bag of words with negative sampling (Mikolov et al. 2013a, b), as word2vec trains it or with negatives
shared by words in a row."""

import numpy as np

from embedlab.kernels.jit import compiled
from embedlab.kernels.skip_gram import draw_negatives, falling, neighbours, prefetch_ahead
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
from embedlab.kernels.word_random import negative_word, sample_windows

TOGETHER = 4  # words in a row that share their negatives
TRIES = 8  # for a negative that is none of them


def train_cbow(
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
    mean: bool = True,
    negatives_shared: bool = False,
) -> tuple[int, float]:
    """One pass over some sentences: descent on ``−log σ(h·o_w) − Σ_k log σ(−h·o_k)``, h of each word's neighbours.

    As in word2vec each neighbour's vector takes ``∂loss/∂h`` in full also where h is their mean: dividing it by their
    number would be the gradient, and learns far worse at the usual rates. With shared negatives four words in a row
    are a step: their h are taken before it, each goes toward its own word, then all away from the same k negatives.
    That is a quarter of the memory traffic, at the same quality.

    Args:
        inputs: the word vectors, ``(V, width)``, updated in place; see :mod:`embedlab.kernels.vector_tiles`.
        outputs: the output vectors, likewise; at the start zeros.
        ids: as the other arguments up to ``seed`` those of :func:`embedlab.kernels.skip_gram.train_skip_gram`.
        offsets: likewise.
        first: likewise.
        last: likewise.
        window: likewise.
        negatives: negative words for each word.
        rate_begin: likewise.
        rate_end: likewise.
        keep: likewise.
        noise: likewise.
        seed: likewise.
        mean: h is the mean of the neighbours' vectors; otherwise their sum.
        negatives_shared: by four words in a row; they are none of these, unless eight draws each gave one of them.

    Returns:
        How many words with neighbours there were, and their summed loss in nats, each at its values before its step.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("inputs", inputs)
    check_table("outputs", outputs)
    rates = np.float32(rate_begin), np.float32(rate_end)
    train = _shared_negatives if negatives_shared else _own_negatives
    return train(inputs, outputs, ids, offsets, first, last, window, negatives, *rates, keep, noise, seed, mean)


@compiled
def _own_negatives(  # type: ignore[no-untyped-def]
    inputs, outputs, ids, offsets, first, last, window, negatives, rate_begin, rate_end, keep, noise, state, mean
):
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    found, only = np.empty(2 * window + 1, np.int32), np.zeros(1, np.int32)
    size = negatives + 1
    targets = np.empty(2 * size, np.int32)
    hidden, scratch = new_table(2, inputs.shape[1]), new_scratch(1)
    examples = 0
    if len(words):
        state = draw_negatives(outputs, noise, words[0], negatives, targets, 0, state)
    for centre in range(len(words)):
        if centre + 1 < len(words):
            ahead = (centre + 1) % 2 * size
            state = draw_negatives(outputs, noise, words[centre + 1], negatives, targets, ahead, state)
        prefetch_ahead(inputs, outputs, words, centre, window)
        count = neighbours(words, windows, centre, window, found)
        if count:
            rate = falling(rate_begin, rate_end, centre, len(words))
            gather(inputs, found, 0, count, hidden, np.float32(1) / np.float32(count) if mean else np.float32(1))
            for target in range(0, size, MOST_OUTPUTS):
                many = min(size - target, MOST_OUTPUTS)
                train_tile(hidden, only, 0, 1, outputs, targets, centre % 2 * size + target, many, rate, scratch)
            scatter(inputs, found, 0, count, hidden)
            examples += 1
    return examples, loss_of(scratch)


@compiled
def _draw_shared(outputs, noise, words, first, negatives, targets, start, state):  # type: ignore[no-untyped-def]
    """The negatives of the words from ``first`` on into ``targets[start:]``; all their rows are sent for."""
    last = min(first + TOGETHER, len(words))
    for centre in range(first, last):
        prefetch(outputs, words[centre])
    for target in range(start, start + negatives):
        for _ in range(TRIES):
            word, state = negative_word(noise, words[first], state)
            met = False
            for centre in range(first + 1, last):
                met |= words[centre] == word
            if not met:
                break
        prefetch(outputs, word)
        targets[target] = ~word
    return state


@compiled
def _shared_negatives(  # type: ignore[no-untyped-def]
    inputs, outputs, ids, offsets, first, last, window, negatives, rate_begin, rate_end, keep, noise, state, mean
):
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    places = 2 * window + 1  # of the neighbours of one word
    found, counts = np.empty(TOGETHER * places, np.int32), np.empty(TOGETHER, np.int64)
    members = (2 * np.arange(TOGETHER)).astype(np.int32)  # every other row of hidden; between them, what it was before
    hidden, scratch = new_table(2 * TOGETHER, inputs.shape[1]), new_scratch(TOGETHER)
    targets = np.empty(2 * negatives, np.int32)
    examples, ahead = 0, 0
    if len(words):
        state = _draw_shared(outputs, noise, words, 0, negatives, targets, 0, state)
    for start in range(0, len(words), TOGETHER):
        now, ahead = ahead, negatives - ahead
        if start + TOGETHER < len(words):
            state = _draw_shared(outputs, noise, words, start + TOGETHER, negatives, targets, ahead, state)
        rate = falling(rate_begin, rate_end, start, len(words))
        many = 0
        for centre in range(start, min(start + TOGETHER, len(words))):
            prefetch_ahead(inputs, outputs, words, centre + TOGETHER, window)
            count = neighbours(words, windows, centre, window, found[many * places :])
            if count:
                share = np.float32(1) / np.float32(count) if mean else np.float32(1)
                gather(inputs, found, many * places, count, hidden[2 * many : 2 * many + 2], share)
                train_tile(hidden, members, many, 1, outputs, words, centre, 1, rate, scratch)
                counts[many] = count
                many += 1
        for target in range(0, negatives, MOST_OUTPUTS):
            size = min(negatives - target, MOST_OUTPUTS)
            train_tile(hidden, members, 0, many, outputs, targets, now + target, size, rate, scratch)
        for member in range(many):
            scatter(inputs, found, member * places, counts[member], hidden[2 * member : 2 * member + 2])
        examples += many
    return examples, loss_of(scratch)
