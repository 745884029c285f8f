"""Taggers: features of words, read in their sentence."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from embedlab.batch import SentenceBatch, within
from embedlab.errors import BadInput, check_probability
from embedlab.models.word_features import WordFeatures

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Tagger(nn.Module):
    """Sentences to a hidden vector for each word, from which an output layer tells the tag.

    Args:
        vocabulary_size: V.
        alphabet_size: how many characters there are.
        embedding_dim: of the words' own embeddings, and so on to ``character_features``: see
            :class:`embedlab.models.word_features.WordFeatures`.
        vectors: likewise.
        characters: likewise.
        character_dim: likewise.
        character_features: likewise.
        encoder: ``window`` (Collobert et al. 2011) sees some words to each side; ``rnn`` (Elman 1990), ``lstm`` (as a
            tagger Huang et al. 2015) and ``gru`` read the sentence in both directions.
        hidden_dim: H, of each layer; of those that read in two directions half of it is of each.
        layers: at least 1.
        window: words that ``window`` sees at a time, the middle one among them; odd.
        dropout: probability, on words' features, between layers and on outputs.

    Raises:
        BadInput: a size, a choice or a probability that can't be.
    """

    def __init__(
        self,
        vocabulary_size: int,
        alphabet_size: int,
        embedding_dim: int = 100,
        vectors: str | None = None,
        characters: str | None = "cnn",
        character_dim: int = 30,
        character_features: int = 100,
        encoder: str = "lstm",
        hidden_dim: int = 200,
        layers: int = 1,
        window: int = 5,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if encoder not in ("window", *CELLS):
            raise BadInput(f"model.encoder={encoder}: there are window, {', '.join(CELLS)}")
        if min(hidden_dim, layers, window) < 1:
            raise BadInput(
                f"model.hidden_dim={hidden_dim}, model.layers={layers}, model.window={window}: each is at least 1"
            )
        check_probability("model.dropout", dropout)
        self.hidden_dim = hidden_dim
        self.features = WordFeatures(
            vocabulary_size, alphabet_size, embedding_dim, vectors, characters, character_dim, character_features
        )
        self.encoder: nn.Module = (
            WindowEncoder(self.features.dim, hidden_dim, layers, window, dropout)
            if encoder == "window"
            else RecurrentEncoder(encoder, self.features.dim, hidden_dim, layers, dropout)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, batch: SentenceBatch) -> Tensor:
        """Hidden vectors ``(rows, steps, H)``; those beyond the end of a sentence mean nothing."""
        features = functional.embedding(batch.places, self.features(batch))
        hidden: Tensor = self.encoder(self.dropout(features), batch.lengths)
        return self.dropout(hidden)


class WindowEncoder(nn.Module):
    """A word and its neighbours side by side, through a layer of units: ``tanh(W [x_{t−k}; …; x_{t+k}] + b)``.

    What stands before the first word and after the last is zero. A second layer sees windows of the first's outputs.

    Source: Collobert et al., "Natural Language Processing (Almost) from Scratch", JMLR 2011.

    Args:
        input_dim: of a word's features.
        hidden_dim: H.
        layers: at least 1.
        window: 2k + 1.
        dropout: between layers.
    """

    def __init__(self, input_dim: int, hidden_dim: int, layers: int, window: int, dropout: float) -> None:
        super().__init__()
        if window % 2 == 0:
            raise BadInput(f"model.window={window}: odd, as it has as many words before as after the one in the middle")
        dims = [input_dim, *[hidden_dim] * layers]
        self.layers = nn.ModuleList(
            nn.Conv1d(below, above, window, padding=window // 2)
            for below, above in pairwise(dims)  # a convolution puts the words of a window together
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """``(rows, steps, H)`` of features ``(rows, steps, F)`` of sentences of ``lengths`` ``(rows,)``."""
        own = within(lengths, features.shape[1])[:, None]
        hidden = features.transpose(1, 2)
        for number, layer in enumerate(self.layers):
            hidden = torch.tanh(layer((self.dropout(hidden) if number else hidden) * own))
        return hidden.transpose(1, 2)


class RecurrentEncoder(nn.Module):
    """Cells of ``torch.nn`` that read each sentence from its first to its last word and back.

    Args:
        cell: of :data:`CELLS`.
        input_dim: of a word's features.
        hidden_dim: H, half of it for each direction.
        layers: at least 1.
        dropout: between layers.
    """

    def __init__(self, cell: str, input_dim: int, hidden_dim: int, layers: int, dropout: float) -> None:
        super().__init__()
        if hidden_dim % 2:
            raise BadInput(f"model.hidden_dim={hidden_dim}: even, as half of it is of each direction")
        between = dropout if layers > 1 else 0.0
        self.cells = CELLS[cell](
            input_dim, hidden_dim // 2, layers, batch_first=True, dropout=between, bidirectional=True
        )

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """As :meth:`WindowEncoder.forward`."""
        packed = pack_padded_sequence(features, lengths.cpu(), batch_first=True, enforce_sorted=False)
        hidden: Tensor = pad_packed_sequence(self.cells(packed)[0], batch_first=True, total_length=features.shape[1])[0]
        return hidden
