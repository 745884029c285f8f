"""What a word's spelling says of it: features of its characters."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from embedlab.batch import within
from embedlab.errors import BadInput

WIDTH = 3  # characters that the convolution sees at a time, as in the paper


class CharacterCnn(nn.Module):
    """A convolution over the characters, and the greatest of each feature over the word.

    Source: Ma, Hovy, "End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF", ACL 2016.

    Args:
        alphabet_size: how many characters there are.
        character_dim: numbers in the embedding of one.
        features: F, of a word.
    """

    def __init__(self, alphabet_size: int, character_dim: int, features: int) -> None:
        super().__init__()
        self.embedding = embeddings(alphabet_size, character_dim)
        self.convolution = nn.Conv1d(character_dim, features, WIDTH, padding=WIDTH // 2)

    def forward(self, characters: Tensor, lengths: Tensor) -> Tensor:
        """Features ``(words, F)`` of characters ``(words, letters)``, each word's ``lengths`` ``(words,)`` of them."""
        own = within(lengths, characters.shape[1])
        embedded = self.embedding(characters) * own[..., None]
        found = self.convolution(embedded.transpose(1, 2))
        return found.masked_fill(~own[:, None], -torch.inf).amax(2)


class CharacterLstm(nn.Module):
    """The last states of an LSTM that reads the characters forwards and of one that reads them backwards.

    Source: Lample et al., "Neural Architectures for Named Entity Recognition", NAACL 2016.

    Args:
        alphabet_size: how many characters there are.
        character_dim: numbers in the embedding of one.
        features: F, of a word, half of them from each direction.

    Raises:
        BadInput: an odd number of features.
    """

    def __init__(self, alphabet_size: int, character_dim: int, features: int) -> None:
        super().__init__()
        if features % 2:
            raise BadInput(f"model.character_features={features}: even, as half of them are of each direction")
        self.embedding = embeddings(alphabet_size, character_dim)
        self.cells = nn.LSTM(character_dim, features // 2, batch_first=True, bidirectional=True)

    def forward(self, characters: Tensor, lengths: Tensor) -> Tensor:
        """As :meth:`CharacterCnn.forward`."""
        embedded = self.embedding(characters)
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (last, _) = self.cells(packed)
        return last.transpose(0, 1).flatten(1)


def embeddings(size: int, dim: int) -> nn.Embedding:
    """A table ``(size, dim)``, uniform in ±√(3/dim) at the start, as Ma and Hovy (2016) have it."""
    table = nn.Embedding(size, dim)
    nn.init.uniform_(table.weight, -((3 / dim) ** 0.5), (3 / dim) ** 0.5)
    return table
