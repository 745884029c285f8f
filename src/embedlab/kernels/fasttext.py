"""FastText (Bojanowski et al. 2017): words as bags of character n-grams, trained with negative sampling."""

import numpy as np

from embedlab.kernels.jit import compiled
from embedlab.kernels.skip_gram import draw_negatives, falling, neighbours
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


def train_fasttext_skip_gram(
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
    subwords: np.ndarray,
    subword_offsets: np.ndarray,
) -> tuple[int, float]:
    """One pass over some sentences: descent on ``−log σ(h_w·o_c) − Σ_k log σ(−h_w·o_k)`` for words w and neighbours c.

    As in fastText the word is the input, here, and the neighbour the output; ``h`` is the mean of the word's rows, and
    each row takes ``∂loss/∂h`` in full. All rows of a word get the same gradients, so h itself is trained on all the
    neighbours in turn, and its change is then added to each row: what training the rows on each would give, but for
    rows that a word has twice.

    Args:
        inputs: the vectors of words and n-grams, ``(rows, width)``, updated in place; see
            :mod:`embedlab.kernels.vector_tiles`.
        outputs: the output vectors of words, ``(V, width)``, likewise; at the start zeros.
        ids: as the other arguments up to ``seed`` those of :func:`embedlab.kernels.skip_gram.train_skip_gram`.
        offsets: likewise.
        first: likewise.
        last: likewise.
        window: likewise.
        negatives: negative words for each pair.
        rate_begin: likewise.
        rate_end: likewise.
        keep: likewise.
        noise: likewise.
        seed: likewise.
        subwords: int32, the rows of each word one after the other, the word's own among them.
        subword_offsets: int64 ``(V + 1,)``, where each word's rows start; each word has one at least.

    Returns:
        How many pairs there were, and their summed loss in nats, each at its values before its step.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("inputs", inputs)
    check_table("outputs", outputs)
    rates = np.float32(rate_begin), np.float32(rate_end)
    return _skip_gram(
        inputs, outputs, ids, offsets, first, last, window, negatives, *rates, keep, noise, seed,
        subwords, subword_offsets,
    )  # fmt: skip


def train_fasttext_cbow(
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
    subwords: np.ndarray,
    subword_offsets: np.ndarray,
) -> tuple[int, float]:
    """One pass over some sentences, as :func:`embedlab.kernels.cbow.train_cbow`, h the mean of all neighbours' rows.

    Arguments as of :func:`train_fasttext_skip_gram`, with negatives for each word.

    Returns:
        How many words with neighbours there were, and their summed loss in nats.

    Raises:
        ValueError: if a table has the wrong type or layout.
    """
    check_table("inputs", inputs)
    check_table("outputs", outputs)
    rates = np.float32(rate_begin), np.float32(rate_end)
    most = int(np.diff(subword_offsets).max(initial=0))
    return _cbow(
        inputs, outputs, ids, offsets, first, last, window, negatives, *rates, keep, noise, seed,
        subwords, subword_offsets, most,
    )  # fmt: skip


@compiled
def _prefetch_rows(inputs, subwords, subword_offsets, word):  # type: ignore[no-untyped-def]
    for row in range(subword_offsets[word], subword_offsets[word + 1]):
        prefetch(inputs, subwords[row])


@compiled
def _skip_gram(  # type: ignore[no-untyped-def]
    inputs, outputs, ids, offsets, first, last, window, negatives, rate_begin, rate_end, keep, noise, state,
    subwords, subword_offsets,
):  # fmt: skip
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    found, only = np.empty(2 * window + 1, np.int32), np.zeros(1, np.int32)
    size = negatives + 1
    targets = np.empty(2 * window * size, np.int32)
    hidden, scratch = new_table(2, inputs.shape[1]), new_scratch(1)
    pairs = 0
    for centre in range(len(words)):
        word = words[centre]
        count = neighbours(words, windows, centre, window, found)
        for pair in range(count):
            state = draw_negatives(outputs, noise, found[pair], negatives, targets, pair * size, state)
        rate = falling(rate_begin, rate_end, centre, len(words))
        begin = subword_offsets[word]
        rows = subword_offsets[word + 1] - begin
        gather(inputs, subwords, begin, rows, hidden, np.float32(1) / np.float32(rows))
        if centre + 1 < len(words):
            _prefetch_rows(inputs, subwords, subword_offsets, words[centre + 1])
        for pair in range(count):
            for target in range(0, size, MOST_OUTPUTS):
                many = min(size - target, MOST_OUTPUTS)
                train_tile(hidden, only, 0, 1, outputs, targets, pair * size + target, many, rate, scratch)
        scatter(inputs, subwords, begin, rows, hidden)
        pairs += count
    return pairs, loss_of(scratch)


@compiled
def _cbow(  # type: ignore[no-untyped-def]
    inputs, outputs, ids, offsets, first, last, window, negatives, rate_begin, rate_end, keep, noise, state,
    subwords, subword_offsets, most,
):  # fmt: skip
    words, windows, state = sample_windows(ids, offsets, first, last, keep, window, state)
    only, found = np.zeros(1, np.int32), np.empty(2 * window * most, np.int32)
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
        if centre + window + 1 < len(words):
            _prefetch_rows(inputs, subwords, subword_offsets, words[centre + window + 1])
        rows = 0
        for position in range(windows[centre, 0], windows[centre, 1]):
            if position != centre:
                word = words[position]
                for row in range(subword_offsets[word], subword_offsets[word + 1]):
                    found[rows] = subwords[row]
                    rows += 1
        if rows:
            rate = falling(rate_begin, rate_end, centre, len(words))
            gather(inputs, found, 0, rows, hidden, np.float32(1) / np.float32(rows))
            for target in range(0, size, MOST_OUTPUTS):
                many = min(size - target, MOST_OUTPUTS)
                train_tile(hidden, only, 0, 1, outputs, targets, centre % 2 * size + target, many, rate, scratch)
            scatter(inputs, found, 0, rows, hidden)
            examples += 1
    return examples, loss_of(scratch)
