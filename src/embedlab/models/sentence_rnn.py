"""Recurrent networks that read a text, and what is taken from them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from embedlab.batch import TextBatch, within
from embedlab.errors import BadInput, check_probability
from embedlab.models.tagger import CELLS
from embedlab.models.word_channels import WordChannels

POOLINGS = ("last", "mean", "max", "attention")


class SentenceRnn(nn.Module):
    """A text as what a recurrent network makes of it.

    - ``last``: the hidden vector after the last word; of the other direction that after the first.
    - ``mean``, ``max``: over all words.
    - ``attention``: ``Σ_t a_t h_t``, ``a = softmax(v · tanh(W h_t + b))`` (Yang et al. 2016, of words).

    Args:
        vocabulary_size: as the next three of :class:`embedlab.models.word_channels.WordChannels`.
        embedding_dim: likewise.
        vectors: likewise.
        channels: likewise.
        cell: ``rnn`` (Elman 1990), ``lstm`` (Hochreiter, Schmidhuber 1997) or ``gru`` (Cho et al. 2014).
        hidden_dim: H, of each layer; with two directions half of it is of each.
        layers: at least 1.
        bidirectional: reads from both ends.
        pooling: one of those above.
        dropout: probability, on words' vectors, between layers and on what is taken.

    Raises:
        BadInput: a size, a choice or a probability that can't be.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 300,
        vectors: str | None = None,
        channels: Sequence[str] = ("trained",),
        cell: str = "lstm",
        hidden_dim: int = 200,
        layers: int = 1,
        bidirectional: bool = True,
        pooling: str = "max",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise BadInput(f"model.cell={cell}: there are {', '.join(CELLS)}")
        if pooling not in POOLINGS:
            raise BadInput(f"model.pooling={pooling}: there are {', '.join(POOLINGS)}")
        directions = 2 if bidirectional else 1
        if min(hidden_dim, layers) < 1 or hidden_dim % directions:
            raise BadInput(
                f"model.hidden_dim={hidden_dim}, model.layers={layers}: each is at least 1, and hidden_dim even if "
                "model.bidirectional, as half of it is of each direction"
            )
        check_probability("model.dropout", dropout)
        self.words = WordChannels(vocabulary_size, embedding_dim, vectors, channels)
        self.cells = CELLS[cell](
            embedding_dim, hidden_dim // directions, layers, batch_first=True, bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
        )  # fmt: skip
        self.pooling, self.dropout, self._output_dim = pooling, nn.Dropout(dropout), hidden_dim
        self.attention = (
            nn.Sequential(nn.Linear(hidden_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, 1, bias=False))
            if pooling == "attention"
            else None
        )

    @property
    def output_dim(self) -> int:
        """Numbers that stand for a text."""
        return self._output_dim

    def forward(self, batch: TextBatch) -> Tensor:
        """``(rows, output_dim)``."""
        vectors = self.dropout(self.words(batch))
        packed = pack_padded_sequence(vectors, batch.lengths.cpu(), batch_first=True, enforce_sorted=False)
        hidden, state = self.cells(packed)
        if self.pooling == "last":
            last = state[0] if isinstance(state, tuple) else state
            directions = 2 if self.cells.bidirectional else 1
            return self.dropout(torch.cat(list(last[-directions:]), 1))
        hidden = pad_packed_sequence(hidden, batch_first=True, total_length=vectors.shape[1])[0]
        return self.dropout(self._pooled(hidden, within(batch.lengths, vectors.shape[1])[..., None]))

    def _pooled(self, hidden: Tensor, own: Tensor) -> Tensor:
        if self.pooling == "max":
            return hidden.masked_fill(~own, -torch.inf).amax(1)
        if self.attention is not None:
            weights = self.attention(hidden).masked_fill(~own, -torch.inf).softmax(1)
            return (weights * hidden).sum(1)
        return hidden.sum(1) / own.sum(1)  # beyond a text's end hidden is zero
