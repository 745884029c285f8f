"""fastText's hashes of the character n-grams of words."""

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from embedlab.kernels.jit import compiled


def ngram_buckets(
    text: NDArray[np.uint8], bounds: NDArray[np.int64], minn: int, maxn: int, bucket: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The buckets of each word's n-grams, by their first character, then by length.

    An n-gram is of ``minn`` to ``maxn`` characters of the word with its brackets, but never a lone bracket. Its bucket
    is the FNV-1a hash of its UTF-8, in 32 bits, modulo ``bucket``; as in the native program, whose ``char`` is signed,
    a byte above 127 is xored in with 24 ones before it.

    Args:
        text: UTF-8 of all words, each in its brackets.
        bounds: ``(words + 1,)``, where each word begins in it.
        minn: shortest n-gram, in characters.
        maxn: longest.
        bucket: number of buckets, at least 1.

    Returns:
        Buckets ``(n-grams,)`` and bounds ``(words + 1,)``: those of word ``i`` lie from ``bounds[i]`` to
        ``bounds[i + 1]``.
    """
    sizes = np.zeros(len(bounds), np.int64)
    _sizes(text, bounds, minn, maxn, sizes)
    ends = np.cumsum(sizes)
    buckets = np.empty(ends[-1], np.int32)
    _fill(text, bounds, minn, maxn, bucket, buckets)
    return buckets, ends


@compiled
def _sizes(text, bounds, minn, maxn, sizes):  # type: ignore[no-untyped-def]
    for word in range(len(bounds) - 1):
        characters = 0
        for k in range(bounds[word], bounds[word + 1]):
            characters += (text[k] & 0xC0) != 0x80
        for n in range(max(minn, 1), min(maxn, characters) + 1):
            sizes[word + 1] += characters - n + 1 - (2 if n == 1 else 0)


@compiled
def _fill(text, bounds, minn, maxn, bucket, buckets):  # type: ignore[no-untyped-def]
    written = 0
    for word in range(len(bounds) - 1):
        begin, end = bounds[word], bounds[word + 1]
        for start in range(begin, end):
            if text[start] & 0xC0 == 0x80:
                continue
            h = uint64(2166136261)
            at = start
            n = 0
            while at < end and n < maxn:
                n += 1
                while True:  # all bytes of one character
                    byte = uint64(text[at])
                    h ^= byte if byte < 128 else byte | uint64(0xFFFFFF00)
                    h = (h * uint64(16777619)) & uint64(0xFFFFFFFF)
                    at += 1
                    if at == end or text[at] & 0xC0 != 0x80:
                        break
                if n >= minn and not (n == 1 and (start == begin or at == end)):
                    buckets[written] = np.int32(h % uint64(bucket))
                    written += 1
