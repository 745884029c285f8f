"""AdaGram as a model: a vector for each sense of each word, the nodes of a Huffman tree, and how often senses occur."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embedlab.errors import BadInput
from embedlab.kernels.vector_tiles import zeros
from embedlab.models.word_model import WordModel
from embedlab.vectors.sense_vectors import SenseVectors


class AdaGram(WordModel):
    """Skip-gram whose words have senses, as many as the text calls for (Bartunov et al. 2016).

    The tables are trained by :func:`embedlab.kernels.adagram.train_adagram`; they are as wide as it needs them, the
    columns beyond ``embedding_dim`` being zero.

    Args:
        vocabulary_size: V.
        embedding_dim: D, numbers in a sense's vector.
        window: words to each side at most; the actual number is drawn for each word.
        senses: T, of a word at most; time and memory grow with it.
        alpha: of the prior over senses; the larger, the more senses.
        min_probability: senses of less prior probability are none to whoever uses the vectors.

    Attributes:
        inputs: ``(V · T, width)``, word by word; uniform in ±1/(2D) at the start.
        outputs: ``(V, width)``, the nodes; zero at the start.
        sense_counts: ``(V, T)`` float64, expected occurrences of each sense; zero before :meth:`start`.
    """

    name = "adagram"
    alpha: float
    sense_counts: Tensor

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 100,
        window: int = 10,
        senses: int = 5,
        alpha: float = 0.1,
        min_probability: float = 1e-3,
    ) -> None:
        super().__init__()
        if embedding_dim < 1 or window < 1 or senses < 1:
            raise BadInput(
                f"model.embedding_dim={embedding_dim}, model.window={window}, model.senses={senses}: each is at least 1"
            )
        if not alpha > 0 or not 0 <= min_probability < 1:
            raise BadInput(
                f"model.alpha={alpha}, model.min_probability={min_probability}: alpha is above 0, and the probability "
                "from 0 to below 1"
            )
        self.vocabulary_size, self.embedding_dim, self.window = vocabulary_size, embedding_dim, window
        self.senses, self.alpha, self.min_probability = senses, alpha, min_probability
        self.inputs = nn.Parameter(torch.from_numpy(zeros(vocabulary_size * senses, embedding_dim)), False)
        self.outputs = nn.Parameter(torch.from_numpy(zeros(vocabulary_size, embedding_dim)), False)
        self.inputs[:, :embedding_dim].uniform_(-0.5 / embedding_dim, 0.5 / embedding_dim)
        self.register_buffer("sense_counts", torch.zeros(vocabulary_size, senses, dtype=torch.float64))

    def start(self, counts: NDArray[np.int64]) -> None:
        """All occurrences ``(V,)`` of each word are its first sense's, unless training has begun."""
        if not self.sense_counts.any():
            self.sense_counts[:, 0] = torch.from_numpy(np.array(counts, np.float64))

    @property
    def tables(self) -> tuple[NDArray[Any], ...]:
        """Inputs, outputs and counts of senses as arrays of the same memory."""
        return self.inputs.numpy(), self.outputs.numpy(), self.sense_counts.numpy()

    def word_vectors(
        self, words: Sequence[str], counts: NDArray[np.int64], training: Mapping[str, Any] | None = None
    ) -> SenseVectors:
        """What was learned, by word and sense: a copy.

        Raises:
            BadInput: it holds NaN or infinity.
        """
        inputs, nodes = (table[:, : self.embedding_dim].copy() for table in self.tables[:2])
        senses = inputs.reshape(len(words), self.senses, self.embedding_dim)
        return SenseVectors(
            words, senses, nodes, self.tables[2].copy(), counts, self.alpha, self.min_probability, training
        )
