"""The rows that fastText's word vectors are means of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedlab.text.subwords import Subwords

_BLOCK = 4096  # words whose n-gram rows are held at a time


@dataclass(frozen=True)
class SubwordVectors:
    """A word's vector is the mean of its own row and its n-grams' rows; an unseen word's of the latter alone.

    Attributes:
        words: ``(V, D)`` float32, each known word's own row.
        ngrams: ``(bucket, D)`` float32.
        minn, maxn: the shortest and longest n-gram, in characters of ``<word>``.
    """

    words: NDArray[np.float32]
    ngrams: NDArray[np.float32]
    minn: int
    maxn: int

    @property
    def _subwords(self) -> Subwords:
        return Subwords(0, self.minn, self.maxn, len(self.ngrams))

    def rows(self, word: str) -> NDArray[np.int32]:
        """The row in ``ngrams`` of each n-gram of a word; of the end of a sentence there are none."""
        return self._subwords.of_unseen([word])[0]

    def of_unseen(self, word: str) -> NDArray[np.float32] | None:
        """The vector ``(D,)`` of a word that has no row of its own; None where it has no n-gram either."""
        rows = self.rows(word)
        return self.ngrams[rows].mean(0, dtype=np.float64).astype(np.float32) if len(rows) else None

    def of_words(self, words: Sequence[str]) -> NDArray[np.float32]:
        """The vectors ``(V, D)`` of the known words, given in the order of their rows."""
        vectors = self.words.copy()
        for start in range(0, len(words), _BLOCK):
            rows, bounds = self._subwords.of_unseen(words[start : start + _BLOCK])
            lengths = np.diff(bounds)
            block = vectors[start : start + _BLOCK]
            some = lengths > 0  # reduceat would give a word without n-grams the first of the next word's
            if some.any():
                block[some] += np.add.reduceat(self.ngrams[rows], bounds[:-1][some])
            block /= lengths[:, None] + 1
        return vectors
