"""Words as bags of character n-grams (Bojanowski et al., "Enriching Word Vectors with Subword Information", 2017)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.kernels.subwords import ngram_buckets

END_OF_SENTENCE = "</s>"  # the one word without n-grams


@dataclass(frozen=True)
class Subwords:
    """The rows of a fastText input matrix that make up a word: its own, then one for each n-gram's bucket.

    Args:
        words: size of the vocabulary; the buckets' rows come after the words' own.
        minn: shortest n-gram, in characters of ``<word>``.
        maxn: longest; 0 for words without n-grams.
        bucket: number of buckets that n-grams are hashed to.
    """

    words: int
    minn: int = 3
    maxn: int = 6
    bucket: int = 2_000_000

    def __post_init__(self) -> None:
        if self.maxn > 0 and not 0 <= self.minn <= self.maxn:
            raise BadInput(f"minn={self.minn}, maxn={self.maxn}: n-grams of minn to maxn characters, 0 ≤ minn ≤ maxn")
        if self.maxn > 0 and self.bucket < 1:
            raise BadInput(f"bucket={self.bucket}: n-grams need at least one bucket; maxn=0 goes without n-grams")

    @property
    def rows(self) -> int:
        """Rows of the matrix."""
        return self.words + (self.bucket if self.maxn > 0 else 0)

    def of_vocabulary(self, words: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Rows of each word of the vocabulary: its own (its place in ``words``), then its n-grams'.

        Returns:
            Rows ``(all,)`` and bounds ``(words + 1,)``: word ``i`` has those from ``bounds[i]`` to ``bounds[i + 1]``.
        """
        ngrams, bounds = self.of_unseen(words)
        own = bounds[:-1] + np.arange(len(words))
        rows = np.empty(len(ngrams) + len(words), np.int32)
        others = np.ones(len(rows), bool)
        others[own] = False
        rows[own] = np.arange(len(words))
        rows[others] = ngrams
        return rows, bounds + np.arange(len(words) + 1)

    def of_unseen(self, words: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Rows of the n-grams alone, of words in the vocabulary or not, with bounds as above."""
        if self.maxn <= 0:
            return np.empty(0, np.int32), np.zeros(len(words) + 1, np.int64)
        # A word that is nothing has no n-grams.
        bracketed = [b"" if word == END_OF_SENTENCE else f"<{word}>".encode() for word in words]
        bounds = np.zeros(len(words) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, bracketed), np.int64, len(words)), out=bounds[1:])
        text = np.frombuffer(bytearray(b"".join(bracketed)), np.uint8)
        buckets, ends = ngram_buckets(text, bounds, self.minn, self.maxn, self.bucket)
        return buckets + np.int32(self.words), ends

    def ngrams(self, word: str) -> list[str]:
        """The n-grams in the order of their rows: ``<ру``, ``<рус``, … for ``русский``."""
        if word == END_OF_SENTENCE:
            return []
        text = f"<{word}>"
        return [
            text[start : start + n]
            for start in range(len(text))
            for n in range(max(self.minn, 1), min(self.maxn, len(text) - start) + 1)
            if n > 1 or 0 < start < len(text) - 1
        ]
