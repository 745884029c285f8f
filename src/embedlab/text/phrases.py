"""Phrases of two words that stand side by side more often than chance would have it: ``new york`` to ``new_york``."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.kernels.phrases import PairJoiner, PairTable


@dataclass(frozen=True)
class Phrases:
    """Pairs of words learned as phrases (Mikolov et al., "Distributed Representations of Words and Phrases", 2013).

    ``score(a b) = (count(a b) − delta) / (count(a) · count(b)) · total``; a phrase is a pair that scores above the
    threshold. A second pass over the joined stream finds phrases of three and four words, and so on.

    Attributes:
        pairs: numbers of the two words ``(k, 2)``.
        scores: ``(k,)``, each above the threshold.
    """

    pairs: NDArray[np.int32]
    scores: NDArray[np.float64]

    @classmethod
    def learn(
        cls,
        stream: Iterable[NDArray[np.int32]],
        counts: NDArray[np.int64],
        threshold: float = 100.0,
        delta: int = 5,
        total: int | None = None,
    ) -> "Phrases":
        """Scores all pairs of neighbours.

        Args:
            stream: numbers of words in any number of blocks, ``-1`` between sentences.
            counts: of the words ``(V,)``.
            threshold: at least 0.
            delta: keeps rare pairs from becoming phrases.
            total: words in the corpus if None, as in word2vec; gensim takes the number of distinct words and pairs.
        """
        if threshold < 0 or delta < 0:
            raise BadInput(f"phrases: threshold {threshold} and delta {delta} must not be negative")
        table = PairTable(counts > delta)  # no pair is more frequent than its rarer word
        for block in stream:
            table.add(block)
        pairs, together = table.pairs()
        total = int(counts.sum()) if total is None else total
        alone = counts[pairs].astype(np.float64)
        scores = (together - delta) / (alone[:, 0] * alone[:, 1]) * total
        kept = scores > threshold
        return cls(pairs[kept], scores[kept])

    def names(self, words: Sequence[str], between: str = "_") -> list[str]:
        """The phrases as words."""
        return [f"{words[first]}{between}{words[second]}" for first, second in self.pairs.tolist()]

    def join(self, stream: Iterable[NDArray[np.int32]], first: int) -> Iterator[NDArray[np.int32]]:
        """The stream with phrase ``k`` as one word, number ``first + k``, block by block.

        Of phrases that overlap the first is taken.
        """
        joiner = PairJoiner(self.pairs, first + np.arange(len(self.pairs)))
        yield from map(joiner.join, stream)
        yield joiner.rest()
