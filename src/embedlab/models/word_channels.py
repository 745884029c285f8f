"""Words as vectors that are trained, vectors from a file as they are, or both."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from embedlab.batch import TextBatch, within
from embedlab.errors import BadInput
from embedlab.models.pretrained import known_vectors

CHANNELS = ("static", "trained")
START = 0.25  # vectors are uniform in ± this without a file


class WordChannels(nn.Module):
    """A vector for each word, of one channel or the sum of two: Kim's four ways to know words.

    Kim's multichannel network applies each filter to both channels and adds what they give, which is what the filter
    gives for their sum; so models here are handed the sum.

    Words that the file lacks are drawn uniformly in ± √(3 s²), s² the variance of the numbers in the vectors it has.

    Source: Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014, section 3.1.

    Args:
        vocabulary_size: V.
        embedding_dim: D.
        vectors: a file of word vectors to start from, see :meth:`start_from`; None: random ones, and ``trained`` alone.
        channels: ``[trained]`` (with a file: non-static, without: rand), ``[static]``, or both (multichannel).

    Attributes:
        known: ``(V,)`` bool, the words that the file has.

    Raises:
        BadInput: channels that can't be.
    """

    known: Tensor

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 300,
        vectors: str | None = None,
        channels: Sequence[str] = ("trained",),
    ) -> None:
        super().__init__()
        if not channels or not set(channels) <= set(CHANNELS) or len(set(channels)) < len(channels):
            raise BadInput(f"model.channels={list(channels)}: [trained], [static] or [static,trained]")
        if "static" in channels and vectors is None:
            raise BadInput("model.channels: static vectors come from a file; name it, model.vectors=FILE")
        if embedding_dim < 1:
            raise BadInput(f"model.embedding_dim={embedding_dim}: at least 1")
        self.vectors, self.embedding_dim = vectors, embedding_dim
        self.channels = nn.ModuleDict({name: nn.Embedding(vocabulary_size, embedding_dim) for name in channels})
        for name, channel in self.channels.items():
            nn.init.uniform_(channel.weight, -START, START)  # type: ignore[arg-type]
            channel.weight.requires_grad_(name == "trained")
        self.register_buffer("known", torch.zeros(vocabulary_size, dtype=torch.bool))

    def start_from(self, words: Sequence[str]) -> None:
        """Take over the vectors that the file has of the words; without a file all stays as it is.

        Args:
            words: V of them.

        Raises:
            BadInput: as :func:`embedlab.models.pretrained.load_vectors`.
        """
        if self.vectors is None:
            return
        rows, found = known_vectors(self.vectors, self.embedding_dim, words)
        found = found.to(self.known.device, torch.float32)
        start = torch.empty(len(words), self.embedding_dim, device=found.device)
        nn.init.uniform_(start, -(span := float((3 * found.var(correction=0)).sqrt())), span)
        start[rows] = found
        self.known[rows] = True
        with torch.no_grad():
            for channel in self.channels.values():
                channel.weight.copy_(start)  # type: ignore[operator]

    def forward(self, batch: TextBatch) -> Tensor:
        """``(rows, steps, D)``; zero beyond the end of a text."""
        first, *others = (channel(batch.tokens) for channel in self.channels.values())
        vectors: Tensor = sum(others, first)
        return vectors * within(batch.lengths, batch.tokens.shape[1])[..., None]
