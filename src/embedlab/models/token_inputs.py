"""What a model of text reads: tokens as vectors that are learned, given, or one-hot."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedlab.errors import BadInput
from embedlab.models.pretrained import known_vectors


class TokenEmbedding(nn.Embedding):
    """A vector for each token.

    Args:
        vocabulary_size: V.
        embedding_dim: E.
        dropout: probability with which a token is dropped in a forward pass of training, at all its places at once
            (Gal, Ghahramani 2016; Merity et al. 2018); the others are scaled up.
        vectors: a file of vectors to start from, see :meth:`start_from`; the task does so when training begins.
        freeze: train none of the vectors, neither those of the file nor the others.
        init_range: uniform in ± this at the start; None: standard normal, as torch has it.

    Raises:
        BadInput: nothing to freeze.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int,
        dropout: float = 0.0,
        vectors: str | None = None,
        freeze: bool = False,
        init_range: float | None = None,
    ) -> None:
        super().__init__(vocabulary_size, embedding_dim)
        if freeze and vectors is None:
            raise BadInput("model.freeze_vectors=true: name the vectors too, model.vectors=FILE")
        self.dropout, self.vectors = dropout, vectors
        if init_range is not None:
            nn.init.uniform_(self.weight, -init_range, init_range)
        self.weight.requires_grad_(not freeze)

    def start_from(self, path: str, words: Sequence[str]) -> None:
        """Take over the vectors that a file has of the words; the others keep their random ones.

        Args:
            path: of any format of :mod:`embedlab.vectors.formats`; with subwords it has a vector of any word.
            words: V of them.

        Raises:
            BadInput: as :func:`embedlab.models.pretrained.load_vectors`.
        """
        rows, given = known_vectors(path, self.embedding_dim, words)
        with torch.no_grad():
            self.weight[rows] = given.to(self.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """``(…, E)`` of tokens ``(…)``."""
        vectors = super().forward(tokens)
        if not (self.training and self.dropout):
            return vectors
        kept = vectors.new_empty(self.num_embeddings, 1).bernoulli_(1 - self.dropout)
        return vectors * (functional.embedding(tokens, kept) / (1 - self.dropout))


class OneHot(nn.Module):
    """Tokens as vectors of their own direction, nothing to learn: the layer above has a weight for each.

    Args:
        vocabulary_size: V, the vectors' length too.
    """

    one: Tensor

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.embedding_dim = vocabulary_size
        self.register_buffer("one", torch.ones(()), persistent=False)  # of the type and on the device of the model

    def forward(self, tokens: Tensor) -> Tensor:
        """``(…, V)`` of tokens ``(…)``."""
        return functional.one_hot(tokens, self.embedding_dim) * self.one
