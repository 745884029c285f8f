"""What chance decides in training word vectors: subsampling, window sizes, negative words; from one stream of numbers.

The stream is a 64-bit linear congruential generator, as in word2vec; the high bits are used. Each block of text has a
stream of its own, so that the result with one thread does not depend on how blocks are handed out.
"""

import numpy as np

from embedlab.kernels.jit import compiled

_MULTIPLIER, _INCREMENT = np.uint64(6364136223846793005), np.uint64(1442695040888963407)
_16, _32, _LOW = np.uint64(16), np.uint64(32), np.uint64(0xFFFF)
_CERTAIN = 2**16


def stream(seed: int, block: int) -> np.uint64:
    """Where the stream of a block starts: seed and block through the finaliser of SplitMix64 (Steele et al. 2014)."""
    mask = 2**64 - 1
    mixed = (seed * 0xBF58476D1CE4E5B9 + block + 1) * 0x9E3779B97F4A7C15 & mask
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & mask
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & mask
    return np.uint64(mixed ^ mixed >> 31)


def keep_thresholds(counts: np.ndarray, sample: float) -> np.ndarray:
    """Word2vec's subsampling: a word of frequency f is kept with probability ``√(sample/f) + sample/f``, at most 1.

    Args:
        counts: ``(V,)`` occurrences in the corpus, each at least 1.
        sample: frequency above which words are thinned, 1e-3 to 1e-5; 0 keeps all.

    Returns:
        ``(V,)`` uint32: a word is kept if 32 random bits are at most its threshold.
    """
    if sample <= 0:
        return np.full(len(counts), 2**32 - 1, np.uint32)
    ratio = sample * counts.sum(dtype=np.float64) / counts
    return (np.minimum(np.sqrt(ratio) + ratio, 1) * (2**32 - 1)).astype(np.uint32)


def alias_table(counts: np.ndarray, power: float = 0.75) -> np.ndarray:
    """A table from which words are drawn with probability ``counts^power / Σ counts^power`` in constant time.

    Walker's alias method, built as by Vose 1991; probabilities within a cell are held to 16 bits.

    Returns:
        ``(V, 2)`` int32: of each cell, the threshold below which a number under 65536 means its own word, and the
        other word.

    Raises:
        ValueError: unless at least two words can be drawn, as a negative word is never the positive one.
    """
    if np.count_nonzero(counts) < 2:
        raise ValueError("negative sampling needs at least two words that occur")
    weights = np.where(counts > 0, counts, np.nan) ** power
    weights = np.nan_to_num(weights, nan=0.0)
    return _alias_cells(weights * (len(weights) / weights.sum()))


@compiled
def _alias_cells(share):  # type: ignore[no-untyped-def]
    """Cells of average share 1: those with less are filled up from those with more."""
    size = len(share)
    cells = np.empty((size, 2), np.int32)
    poor, rich = np.empty(size, np.int32), np.empty(size, np.int32)
    poor_count = rich_count = 0
    for word in range(size):
        if share[word] < 1:
            poor[poor_count] = word
            poor_count += 1
        else:
            rich[rich_count] = word
            rich_count += 1
    while poor_count and rich_count:
        poor_count -= 1
        low, high = poor[poor_count], rich[rich_count - 1]
        cells[low, 0], cells[low, 1] = round(share[low] * _CERTAIN), high
        share[high] -= 1 - share[low]
        if share[high] < 1:
            rich_count -= 1
            poor[poor_count] = high
            poor_count += 1
    for k in range(rich_count):
        cells[rich[k], 0], cells[rich[k], 1] = _CERTAIN, rich[k]
    for k in range(poor_count):  # by rounding alone
        cells[poor[k], 0], cells[poor[k], 1] = _CERTAIN, poor[k]
    return cells


@compiled
def following(state):  # type: ignore[no-untyped-def]
    """The next number of the stream."""
    return state * _MULTIPLIER + _INCREMENT


@compiled
def negative_word(noise, positive, state):  # type: ignore[no-untyped-def]
    """A word from an alias table, other than the positive one; and the stream after it."""
    while True:
        state = following(state)
        cell = np.int64((state >> _32) * np.uint64(len(noise)) >> _32)
        threshold, other = noise[cell, 0], np.int64(noise[cell, 1])  # both are read, so that nothing need be foreseen
        word = cell if np.int64(state >> _16 & _LOW) < threshold else other
        if word != positive:
            return word, state


@compiled
def sample_windows(ids, offsets, first, last, keep, window, state):  # type: ignore[no-untyped-def]
    """What is left of some sentences after subsampling, and each word's window, of 1 to ``window`` words to each side.

    A number of the stream is taken for each word of the text, then one for each word that is kept.

    Args:
        ids: int32, the text.
        offsets: int64 ``(sentences + 1,)``, where each sentence starts.
        first: sentence from which on.
        last: sentence after the last.
        keep: of :func:`keep_thresholds`.
        window: words to each side at most; each size is as likely as any other.
        state: the stream.

    Returns:
        The words that are kept, int32 ``(n,)``; their windows ``[low, high)`` as indices into these, int32 ``(n, 2)``;
        the stream after it.
    """
    words = np.empty(offsets[last] - offsets[first], np.int32)
    windows = np.empty((len(words), 2), np.int32)
    count = 0
    for sentence in range(first, last):
        begin = count
        for position in range(offsets[sentence], offsets[sentence + 1]):
            state = following(state)
            word = ids[position]
            words[count] = word
            count += state >> _32 <= np.uint64(keep[word])
        for position in range(begin, count):
            windows[position, 0], windows[position, 1] = begin, count
    for position in range(count):
        state = following(state)
        radius = np.int32(1) + np.int32((state >> _32) * np.uint64(window) >> _32)
        windows[position, 0] = max(windows[position, 0], position - radius)
        windows[position, 1] = min(windows[position, 1], position + radius + 1)
    return words[:count], windows[:count], state
