"""Texts as bags of word vectors."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embedlab.batch import TextBatch, within
from embedlab.errors import BadInput, check_probability
from embedlab.models.word_channels import WordChannels

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU,
}  # fmt: skip
POOLINGS = ("sum", "mean", "tfidf", "sif", "keywords")
SIF = 1e-3  # a of SIF's weights


class SentenceBag(nn.Module):
    """The weighted sum of a text's word vectors, and layers on it.

    - ``sum``: each word counts 1; ``mean``: 1 / n of n words.
    - ``tfidf``: ``ln(N / N_w) / n``, N_w of N training texts having the word.
    - ``sif``: ``a / (a + p_w) / n``, p_w the word's share of the training text, a = 0.001 (Arora, Liang, Ma 2017; the
      common component that they take away is what a layer above can take away too).
    - ``keywords``: 1 / k for the k words of a text that are among ``keywords`` with the largest χ² between being in a
      text and its class; other words count nothing, and a text of others only is zero.

    Args:
        vocabulary_size: as the next three of :class:`embedlab.models.word_channels.WordChannels`.
        embedding_dim: likewise.
        vectors: likewise.
        channels: likewise.
        pooling: one of those above.
        keywords: how many words count, of ``pooling=keywords``.
        hidden: numbers of units in layers above the bag, the lowest first; none: the bag itself is given on.
        activation: of these layers: ``sigmoid``, ``tanh``, ``relu`` or ``leaky_relu``.
        dropout: probability, on the bag and on each layer.

    Raises:
        BadInput: a size, a choice or a probability that can't be.
    """

    weights: Tensor

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 300,
        vectors: str | None = None,
        channels: Sequence[str] = ("trained",),
        pooling: str = "mean",
        keywords: int = 1000,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise BadInput(f"model.pooling={pooling}: there are {', '.join(POOLINGS)}")
        if activation not in ACTIVATIONS:
            raise BadInput(f"model.activation={activation}: there are {', '.join(ACTIVATIONS)}")
        if min([*hidden, keywords]) < 1:
            raise BadInput(f"model.hidden={list(hidden)}, model.keywords={keywords}: each is at least 1")
        check_probability("model.dropout", dropout)
        self.words = WordChannels(vocabulary_size, embedding_dim, vectors, channels)
        self.pooling, self.keywords = pooling, keywords
        layers: list[nn.Module] = [nn.Dropout(dropout)]
        for below, above in zip([embedding_dim, *hidden], hidden, strict=False):
            layers += [nn.Linear(below, above), ACTIVATIONS[activation](), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self._output_dim = [embedding_dim, *hidden][-1]
        self.register_buffer("weights", torch.ones(vocabulary_size))

    @property
    def output_dim(self) -> int:
        """Numbers that stand for a text."""
        return self._output_dim

    def weigh(self, texts: Sequence[NDArray[np.int64]], labels: Sequence[int]) -> None:
        """Give each word the weight that the training texts, as numbers, say.

        Args:
            texts: N of them.
            labels: the number of the class of each.
        """
        size, device = len(self.weights), self.weights.device
        if self.pooling == "tfidf":
            having = np.bincount(np.concatenate([np.unique(text) for text in texts]), minlength=size)
            weights = np.log(len(texts) / np.maximum(having, 1))
        elif self.pooling == "sif":
            counts = np.bincount(np.concatenate(texts), minlength=size)
            weights = SIF / (SIF + counts / counts.sum())
        elif self.pooling == "keywords":
            weights = np.zeros(size)
            weights[np.argsort(-chi_squared(texts, labels, size), kind="stable")[: self.keywords]] = 1
        else:
            return
        self.weights.copy_(torch.from_numpy(weights).to(device, torch.float32))

    def forward(self, batch: TextBatch) -> Tensor:
        """``(rows, output_dim)``."""
        vectors = self.words(batch)  # zero beyond the end of a text
        weights = self.weights[batch.tokens][..., None]
        bag = (weights * vectors).sum(1)
        if self.pooling == "keywords":
            own = within(batch.lengths, batch.tokens.shape[1])[..., None]
            bag = bag / (weights * own).sum(1).clamp(min=1)
        elif self.pooling != "sum":
            bag = bag / batch.lengths[:, None]
        found: Tensor = self.layers(bag)
        return found


def chi_squared(texts: Sequence[NDArray[np.int64]], labels: Sequence[int], size: int) -> NDArray[np.float64]:
    """χ² ``(size,)`` of the table of N texts by class and by having the word or not; 0 of a word that all or none have.

    ``Σ (observed − expected)² / expected`` over the table's cells.
    """
    classes = np.asarray(labels)
    rows = np.repeat(classes, [len(np.unique(text)) for text in texts])
    words = np.concatenate([np.unique(text) for text in texts])
    having = np.bincount(rows * size + words, minlength=(classes.max() + 1) * size).reshape(-1, size)  # (C, V)
    of_class = np.bincount(classes)[:, None]
    share = having.sum(0) / len(texts)
    with np.errstate(divide="ignore", invalid="ignore"):
        # In both columns of the table, those that have the word and those that have not, the difference is the same.
        found = np.square(having - of_class * share) * (1 / (of_class * share) + 1 / (of_class * (1 - share)))
    return np.nan_to_num(found, posinf=0).sum(0)
