"""Continuous bag of words with negative sampling (Mikolov et al. 2013a, b), as word2vec trains it."""

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
    scatter,
    train_tile,
)
from embedlab.kernels.word_random import sample_windows


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
) -> tuple[int, float]:
    """One pass over some sentences: descent on ``−log σ(h·o_w) − Σ_k log σ(−h·o_k)``, h of each word's neighbours.

    As in word2vec each neighbour's vector takes ``∂loss/∂h`` in full also where h is their mean: dividing it by their
    number would be the gradient, and learns far worse at the usual rates.

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

    Returns:
        How many words with neighbours there were, and their summed loss in nats, each at its values before its step.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("inputs", inputs)
    check_table("outputs", outputs)
    rates = np.float32(rate_begin), np.float32(rate_end)
    return _train(inputs, outputs, ids, offsets, first, last, window, negatives, *rates, keep, noise, seed, mean)


@compiled
def _train(  # type: ignore[no-untyped-def]
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
