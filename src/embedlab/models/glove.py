"""GloVe as a model: words, contexts, and a bias of each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from embedlab.errors import BadInput
from embedlab.kernels.vector_tiles import zeros
from embedlab.models.word_model import WordModel
from embedlab.vectors.word_vectors import WordVectors

_TRAINED = ("words", "contexts", "word_bias", "context_bias")


class Glove(WordModel):
    """``log x_ij ≈ w_i·c_j + b_i + d_j``; a word's vector is ``w + c`` (Pennington, Socher, Manning 2014).

    Args:
        vocabulary_size: V.
        embedding_dim: D, numbers in a word's vector.
        window: words to each side that count as near.

    Attributes:
        words, contexts: ``(V, width)``, w and c, the columns beyond ``embedding_dim`` being zero; uniform in ±1/(2D)
            at the start, as in the authors' program.
        word_bias, context_bias: ``(V,)``, b and d, likewise.
        words_squares, contexts_squares, word_bias_squares, context_bias_squares: AdaGrad's sums for these, 1 at the
            start.
    """

    name = "glove"

    def __init__(self, vocabulary_size: int, embedding_dim: int = 100, window: int = 10) -> None:
        super().__init__()
        if embedding_dim < 1 or window < 1:
            raise BadInput(f"model.embedding_dim={embedding_dim}, model.window={window}: both are at least 1")
        self.embedding_dim, self.window = embedding_dim, window
        most = 0.5 / embedding_dim
        for name in _TRAINED:
            shape = (vocabulary_size,) if name.endswith("bias") else (vocabulary_size, embedding_dim)
            for part in (name, f"{name}_squares"):
                table = torch.zeros(shape) if len(shape) == 1 else torch.from_numpy(zeros(*shape))
                self.register_parameter(part, nn.Parameter(table, requires_grad=False))
            own, squares = self.get_parameter(name), self.get_parameter(f"{name}_squares")
            own[tuple(map(slice, shape))].uniform_(-most, most)
            squares.fill_(1)

    @property
    def tables(self) -> tuple[NDArray[np.float32], ...]:
        """The four that are trained, then the sums of each, as arrays of the same memory."""
        return tuple(self.get_parameter(name).numpy() for name in (*_TRAINED, *(f"{n}_squares" for n in _TRAINED)))

    def word_vectors(
        self, words: Sequence[str], counts: NDArray[np.int64], training: Mapping[str, Any] | None = None
    ) -> WordVectors:
        """See :meth:`WordModel.word_vectors`."""
        both = self.get_parameter("words") + self.get_parameter("contexts")
        return WordVectors(words, both[:, : self.embedding_dim].numpy(), counts, training=training)
