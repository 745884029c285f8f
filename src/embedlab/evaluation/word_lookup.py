"""Which row a test's word has in a vocabulary."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embedlab.text.morphology import are_tagged, split_tag


class WordLookup:
    """Rows of the first ``restrict_vocab`` words; with ``case_fold`` all spellings in other case count as the first.

    Where words carry tags, ``слово_NOUN``, one asked for without stands for the most frequent that it may mean.

    Args:
        words: the vocabulary, most frequent first.
        restrict_vocab: None: all of them.
        case_fold: compare in upper case, as word2vec and gensim do.
    """

    def __init__(self, words: Sequence[str], restrict_vocab: int | None, case_fold: bool) -> None:
        self._case_fold = case_fold
        self._rows: dict[str, int] = {}
        self.first = np.array(
            [self._rows.setdefault(self._fold(word), row) for row, word in enumerate(words[:restrict_vocab])], np.int64
        )
        """``(V,)`` of each row, the first row that is the same word."""
        if are_tagged(words):
            for row, word in enumerate(words[:restrict_vocab]):
                self._rows.setdefault(self._fold(split_tag(word)[0]), row)

    def __call__(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Rows ``(n,)`` of these words, −1 for those that aren't there."""
        return np.array([self._rows.get(self._fold(word), -1) for word in words], np.int64)

    def _fold(self, word: str) -> str:
        return word.upper() if self._case_fold else word
