"""Kim's convolutional network for sentences."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from embedlab.batch import TextBatch, within
from embedlab.errors import BadInput, check_probability
from embedlab.models.word_channels import WordChannels


class SentenceCnn(nn.Module):
    """The strongest answer of each filter anywhere in a text: ``max_i ReLU(w · [x_i; …; x_{i+h−1}] + b)``.

    Filters also see windows that go over a text's ends, where they find zeros, as long as one word is in them; no
    number depends on the texts beside it.

    Source: Kim 2014, as for :class:`embedlab.models.word_channels.WordChannels`.

    Args:
        vocabulary_size: as the next three of :class:`embedlab.models.word_channels.WordChannels`.
        embedding_dim: likewise.
        vectors: likewise.
        channels: likewise.
        widths: h, words that filters see, a group of filters for each.
        maps: filters of each width.
        dropout: probability, on the answers.

    Attributes:
        output_dim: widths times maps.

    Raises:
        BadInput: a size or a probability that can't be.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 300,
        vectors: str | None = None,
        channels: Sequence[str] = ("trained",),
        widths: Sequence[int] = (3, 4, 5),
        maps: int = 100,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if not widths or min(*widths, maps, 1) < 1:
            raise BadInput(f"model.widths={list(widths)}, model.maps={maps}: one width or more, each at least 1")
        check_probability("model.dropout", dropout)
        self.words = WordChannels(vocabulary_size, embedding_dim, vectors, channels)
        self.filters = nn.ModuleList(nn.Conv1d(embedding_dim, maps, width, padding=width - 1) for width in widths)
        for layer in self.filters:
            nn.init.uniform_(layer.weight, -0.01, 0.01)  # type: ignore[arg-type]  # as Kim's program does
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        self.dropout = nn.Dropout(dropout)
        self._output_dim = len(widths) * maps

    @property
    def output_dim(self) -> int:
        """Numbers that stand for a text."""
        return self._output_dim

    def forward(self, batch: TextBatch) -> Tensor:
        """``(rows, output_dim)``."""
        return self.dropout(torch.cat([answers.amax(2) for answers in self.answers(batch)], 1))

    def answers(self, batch: TextBatch) -> list[Tensor]:
        """What the filters of each width answer, ``(rows, maps, steps + h − 1)``: at i to the words ``i − h + 1 … i``.

        Zero where no word of the text is in the window.
        """
        vectors, found = self.words(batch).transpose(1, 2), []
        for layer in self.filters:
            answers = torch.relu(layer(vectors))
            touched = within(batch.lengths + layer.kernel_size[0] - 1, answers.shape[2])  # type: ignore[index]
            found.append(answers * touched[:, None])
        return found
