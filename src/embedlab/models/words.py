"""Word vectors as a model: a table of inputs, a table of outputs, and what predicts what."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from embedlab.errors import BadInput
from embedlab.kernels.vector_tiles import zeros
from embedlab.models.word_model import WordModel
from embedlab.text.subwords import Subwords
from embedlab.vectors.subword_vectors import SubwordVectors
from embedlab.vectors.word_vectors import WordVectors


class SkipGram(WordModel):
    """A word and each of its neighbours predict one another (Mikolov et al. 2013a).

    The tables are trained by compiled kernels and not by gradients; they are as wide as these need it, the columns
    beyond ``embedding_dim`` being zero.

    Args:
        vocabulary_size: V.
        embedding_dim: D, numbers in a word's vector.
        window: words to each side at most; the actual number is drawn for each word.
        subwords: ``minn``, ``maxn`` and ``bucket`` of :class:`embedlab.text.subwords.Subwords`: words are means of
            their own row and those of their n-grams (fastText, Bojanowski et al. 2017); None: one vector a word.

    Attributes:
        inputs: ``(V, width)``, with subwords ``(V + bucket, width)``; uniform in ±1/(2D) at the start, as in word2vec,
            with subwords in ±1/D, as in fastText.
        outputs: ``(V, width)``, zero at the start.
    """

    name = "skipgram"

    def __init__(
        self, vocabulary_size: int, embedding_dim: int = 100, window: int = 5, subwords: Mapping[str, int] | None = None
    ) -> None:
        super().__init__()
        if embedding_dim < 1 or window < 1:
            raise BadInput(f"model.embedding_dim={embedding_dim}, model.window={window}: both are at least 1")
        self.vocabulary_size, self.embedding_dim, self.window = vocabulary_size, embedding_dim, window
        self.subwords = None if subwords is None else Subwords(vocabulary_size, **subwords)
        if self.subwords is not None and self.subwords.maxn < 1:
            raise BadInput(f"model.subwords.maxn={self.subwords.maxn}: without n-grams write model.subwords=null")
        rows = vocabulary_size if self.subwords is None else self.subwords.rows
        self.inputs = nn.Parameter(torch.from_numpy(zeros(rows, embedding_dim)), requires_grad=False)
        self.outputs = nn.Parameter(torch.from_numpy(zeros(vocabulary_size, embedding_dim)), requires_grad=False)
        most = (0.5 if self.subwords is None else 1) / embedding_dim
        self.inputs[:, :embedding_dim].uniform_(-most, most)

    @property
    def tables(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Inputs and outputs as arrays of the same memory."""
        return self.inputs.numpy(), self.outputs.numpy()

    def word_vectors(
        self, words: Sequence[str], counts: NDArray[np.int64], training: Mapping[str, Any] | None = None
    ) -> WordVectors:
        """What was learned, by word: a copy, with the outputs.

        Raises:
            BadInput: it holds NaN or infinity.
        """
        inputs, outputs = (table[:, : self.embedding_dim].copy() for table in self.tables)
        of = self.subwords
        parts = None if of is None else SubwordVectors(inputs[: len(words)], inputs[len(words) :], of.minn, of.maxn)
        vectors = inputs if parts is None else parts.of_words(words)
        return WordVectors(words, vectors, counts, parts, outputs, training)


class Cbow(SkipGram):
    """The mean or the sum of a word's neighbours predicts it: a continuous bag of words (Mikolov et al. 2013a).

    Args:
        vocabulary_size: as the others those of :class:`SkipGram`.
        embedding_dim: likewise.
        window: likewise.
        subwords: likewise.
        mean: of the neighbours' vectors; otherwise their sum.
    """

    cbow = True
    name = "cbow"

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 100,
        window: int = 5,
        subwords: Mapping[str, int] | None = None,
        mean: bool = True,
    ) -> None:
        super().__init__(vocabulary_size, embedding_dim, window, subwords)
        self.mean = mean
