"""What all models of words have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from embedlab.text.subwords import Subwords
from embedlab.vectors.word_vectors import WordVectors


class WordModel(nn.Module, ABC):
    """Tables that compiled kernels train, and how word vectors are read from them.

    Attributes:
        name: of the architecture, in exported vectors.
        window: words to each side at most.
        cbow, mean, subwords, alpha: what the kernels are to know, see :class:`embedlab.losses.words.WordWindows`.
    """

    name: str
    window: int
    cbow = False
    mean = True
    subwords: Subwords | None = None
    alpha: float | None = None

    def start(self, counts: NDArray[np.int64]) -> None:
        """What the occurrences ``(V,)`` of the words decide, before training or going on with it."""

    @property
    @abstractmethod
    def tables(self) -> tuple[Any, ...]:
        """What its kernels are handed to train in place."""

    @abstractmethod
    def word_vectors(
        self, words: Sequence[str], counts: NDArray[np.int64], training: Mapping[str, Any] | None = None
    ) -> WordVectors:
        """What was learned, by word.

        Raises:
            BadInput: it holds NaN or infinity.
        """
