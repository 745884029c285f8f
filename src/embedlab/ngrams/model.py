"""A smoothed n-gram model: what it takes to predict words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedlab.errors import BadInput
from embedlab.kernels import ngrams as kernels
from embedlab.ngrams.table import NGramTable, NGramTree, checked_text
from embedlab.text.sampling import Sampling


@dataclass(frozen=True, eq=False)
class NGramModel(NGramTree):
    """An n-gram model in back-off form, which every smoothing can be brought into.

    ``p(w | h) = p(h w)`` of the table where the n-gram ``h w`` is there, otherwise ``b(h) · p(w | h without its first
    word)``, with ``b(h) = 1`` where the context h is not there. An interpolated model stands here with its whole sums
    as ``p(h w)``. Contexts begin with the start of the sentence, which is never predicted; the end is predicted where
    the text has it as a word.

    Attributes:
        log_probabilities_of: natural logarithms of ``p(h w)`` ``(M,)`` float32.
        log_backoffs: natural logarithms of ``b(h)`` of the nodes below the highest order ``(C,)`` float32.
        log_unseen: what a context that is not there has instead of ``log b(h) = 0``, in stupid back-off.
        probabilities: that they are; stupid back-off has scores that do not sum to one.
    """

    log_probabilities_of: NDArray[np.float32]
    log_backoffs: NDArray[np.float32]
    log_unseen: float = 0.0
    probabilities: bool = True

    @classmethod
    def of_table(
        cls,
        table: NGramTable,
        log_probabilities: NDArray[np.float32],
        log_backoffs: NDArray[np.float32],
        log_unseen: float = 0.0,
        probabilities: bool = True,
    ) -> "NGramModel":
        """The model of a table's n-grams."""
        contexts = table.suffixes[: len(table.first) - 1].copy()  # those of the highest order are needed no more
        return cls(
            table.words, table.first, contexts, table.levels, log_probabilities, log_backoffs, log_unseen, probabilities
        )

    @property
    def bytes_per_ngram(self) -> float:
        """What the arrays take, over the n-grams of all orders from 1."""
        arrays = self.words, self.first, self.suffixes, self.log_probabilities_of, self.log_backoffs
        return sum(array.nbytes for array in arrays) / (len(self.words) - 1)

    def log_scores(self, ids: ArrayLike, offsets: ArrayLike) -> NDArray[np.float64]:
        """Natural logarithm of the model's score of each word of a text after those before it in its sentence.

        Args:
            ids: ``(N,)`` in ``0 … V − 1``.
            offsets: ``(sentences + 1,)``: sentence ``i`` is ``ids[offsets[i]:offsets[i + 1]]``.

        Returns:
            ``(N,)``, −∞ for what the model holds to be impossible.

        Raises:
            BadInput: ids or offsets that can't be.
        """
        ids, offsets = checked_text(ids, offsets, self.vocabulary_size)
        out = np.empty(len(ids))
        kernels.score(
            ids, offsets, self.words, self.first, self.suffixes, self.levels,
            self.log_probabilities_of, self.log_backoffs, float(self.log_unseen), out,
        )  # fmt: skip
        return out

    def log_probabilities(self, ids: ArrayLike, offsets: ArrayLike) -> NDArray[np.float64]:
        """As :meth:`log_scores`, of a model whose scores are probabilities.

        Raises:
            BadInput: they are not.
        """
        if not self.probabilities:
            raise BadInput(
                "stupid back-off gives scores that do not sum to one, so it has no perplexity: take another smoothing"
            )
        return self.log_scores(ids, offsets)

    def perplexity(self, ids: ArrayLike, offsets: ArrayLike) -> float:
        """``exp(−1/N Σ log p)`` over all N words of a text, sentence ends included where they are words.

        Raises:
            BadInput: a text without words; a model without probabilities.
        """
        log_probabilities = self.log_probabilities(ids, offsets)
        if not len(log_probabilities):
            raise BadInput("a text without words has no perplexity")
        return float(np.exp(-log_probabilities.mean()))

    def log_distribution(self, state: int) -> NDArray[np.float64]:
        """Natural logarithms of the probabilities of all words after a context ``(V,)``.

        Scores that do not sum to one are scaled so that they do.

        Args:
            state: of the context, from :meth:`state`.
        """
        contexts = []
        while state:
            contexts.append(state)
            state = int(self.suffixes[state])
        result = self.log_probabilities_of[1 : self.start].astype(np.float64)
        for node in reversed(contexts):
            children = slice(int(self.first[node]), int(self.first[node + 1]))
            result += self.log_backoffs[node]
            result[self.words[children]] = self.log_probabilities_of[children]
        return result if self.probabilities else result - np.log(np.exp(result).sum())

    def distribution(self, state: int) -> NDArray[np.float64]:
        """The probabilities of :meth:`log_distribution`, ``(V,)``."""
        return np.exp(self.log_distribution(state))

    def generate(
        self,
        prompt: Sequence[int] = (),
        end: int | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        seed: int = 0,
    ) -> Iterator[int]:
        """Words after a prompt, one by one and without end.

        Args:
            prompt: words that stand at the start of a sentence.
            end: word after which a sentence ends and another starts.
            sampling: how they are drawn.
            seed: the same one draws the same words.

        Raises:
            BadInput: the prompt has an id that is not in the vocabulary.
        """
        ids, _ = checked_text(prompt, [0, len(prompt)], self.vocabulary_size)
        state = self.after(ids.tolist(), self.state([]), end)
        return self._generate(state, end, sampling, np.random.default_rng(seed))

    def _generate(self, state: int, end: int | None, sampling: Sampling, random: np.random.Generator) -> Iterator[int]:
        while True:
            word = sampling.draw(self.log_distribution(state), random)
            yield word
            state = self.after([word], state, end)
