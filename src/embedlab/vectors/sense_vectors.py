"""Words of several senses, each with a vector of its own."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.kernels.adagram import disambiguate, expected_pi, senses_in_use
from embedlab.kernels.hierarchical_softmax import path_targets
from embedlab.text.huffman import HuffmanTree
from embedlab.vectors.word_vectors import Vector, WordVectors, first_not_finite


class SenseVectors(WordVectors):
    """What AdaGram learns; asked for a word, it gives the vector of the word's most probable sense.

    Senses are named ``apple (1)``, ``apple (2)``, … in the order the prior breaks its stick, which need not be that of
    their probabilities. Such a name is taken wherever a word is.

    Args:
        words: V different ones, most frequent first.
        senses: ``(V, T, D)``, kept as float32.
        nodes: ``(V, D)``, the inner nodes of the Huffman tree of ``counts``.
        sense_counts: ``(V, T)`` expected occurrences of each sense.
        counts: ``(V,)`` occurrences of each word in the training text.
        alpha: of the prior over senses.
        min_probability: senses of less prior probability are none, and so are those never met.
        training: how they were trained.

    Raises:
        BadInput: as of :class:`WordVectors`; or senses and their counts don't go with the words.
    """

    def __init__(
        self,
        words: Sequence[str],
        senses: NDArray[Any],
        nodes: NDArray[Any],
        sense_counts: NDArray[Any],
        counts: NDArray[Any],
        alpha: float,
        min_probability: float = 1e-3,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        self.senses = np.ascontiguousarray(senses, np.float32)
        self.sense_counts = np.ascontiguousarray(sense_counts, np.float64)
        self.alpha, self.min_probability = alpha, min_probability
        if self.senses.ndim != 3 or self.senses.shape[:2] != self.sense_counts.shape or len(senses) != len(words):
            raise BadInput(
                f"{len(words)} words, but senses {self.senses.shape} that occur {self.sense_counts.shape} times: "
                "(words, senses, dim) and (words, senses) are needed"
            )
        for numbers in (self.senses.reshape(len(words), -1), self.sense_counts):
            if (row := first_not_finite(numbers)) is not None:
                raise BadInput(f"a sense of {words[row]!r} (row {row}) holds NaN or infinity")
        likeliest = expected_pi(self.sense_counts, alpha).argmax(1)
        super().__init__(words, self.senses[np.arange(len(words)), likeliest], counts, outputs=nodes, training=training)

    def expected_pi(self, word: str) -> NDArray[np.float64]:
        """``(T,)`` the prior probability of each sense of a word, of sum 1."""
        return expected_pi(self.sense_counts[self._row(word)], self.alpha)

    def senses_of(self, word: str, context: Sequence[str] | None = None) -> dict[str, float]:
        """The names of a word's senses, without those that are none, and their probabilities.

        Args:
            word: a known one.
            context: the words around it, among which it is not counted itself; None: the prior probabilities.

        Raises:
            BadInput: an unknown word.
        """
        row = self._row(word)
        if context is None:
            probabilities = expected_pi(self.sense_counts[row], self.alpha)
        else:
            probabilities = self.disambiguate(word, [other for other in context if other != word])
        used = np.flatnonzero(self._in_use(row)).tolist()
        return {sense_name(word, sense): float(probabilities[sense]) for sense in used}

    def disambiguate(self, word: str, context: Sequence[str]) -> NDArray[np.float64]:
        """``(T,)`` the probability of each sense of a word among the words of a context; unknown ones don't count.

        Raises:
            BadInput: the word itself is unknown.
        """
        row, (paths, bounds) = self._row(word), self._paths
        known = np.array([self.key_to_index[other] for other in context if other in self.key_to_index], np.int64)
        vectors = self.senses.reshape(-1, self.vector_size)
        assert self.outputs is not None
        return disambiguate(
            vectors, self.outputs, self.sense_counts, row, known, paths, bounds, self.alpha, self.min_probability
        )

    @cached_property
    def by_sense(self) -> WordVectors:
        """The senses that there are, as words: ``by_sense.most_similar("apple (2)")``."""
        words, senses = np.nonzero(self._in_use(slice(None)))
        names = [sense_name(self.index_to_key[word], sense) for word, sense in zip(words, senses.tolist(), strict=True)]
        return WordVectors(names, self.senses[words, senses], np.rint(self.sense_counts[words, senses]))

    def __contains__(self, word: str) -> bool:
        """Whether it is a known word, or the name of a sense."""
        return super().__contains__(word) or word in self.by_sense

    def __getitem__(self, words: str | Sequence[str]) -> Vector:
        """As of :class:`WordVectors`, and the vector of ``apple (2)``."""
        if isinstance(words, str) and words not in self.key_to_index and words in self.by_sense:
            return self.by_sense[words]
        return super().__getitem__(words)

    @cached_property
    def _paths(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        assert self.counts is not None
        tree = HuffmanTree.of(self.counts)
        return path_targets(tree.points, tree.codes), tree.bounds

    def _in_use(self, rows: int | slice) -> NDArray[np.bool_]:
        return senses_in_use(self.sense_counts[rows], self.alpha, self.min_probability)

    def _row(self, word: str) -> int:
        row = self.key_to_index.get(word)
        if row is None:
            raise self.unknown(word)
        return row


def sense_name(word: str, sense: int) -> str:
    """``apple (1)`` of sense 0 of a word."""
    return f"{word} ({sense + 1})"
