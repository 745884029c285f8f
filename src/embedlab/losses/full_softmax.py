"""The full softmax over the vocabulary as an objective of word vectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from embedlab.errors import BadInput
from embedlab.losses.batched_words import Objective, WholeVocabulary
from embedlab.losses.words import Kernel, WordLoss, WordWindows


@dataclass(frozen=True)
class FullSoftmax(WordLoss):
    """``−log softmax(O·x)_w`` over the whole vocabulary (Mikolov et al. 2013a), in PyTorch on any device."""

    compiled: ClassVar[bool] = False

    @property
    def training(self) -> Mapping[str, Any]:
        """Its name."""
        return {"loss": "softmax"}

    def kernel(self, windows: WordWindows) -> Kernel:
        """There is none.

        Raises:
            BadInput: always.
        """
        raise BadInput("loss=full_softmax: there is no compiled kernel of it; take task.kernel=torch")

    def objective(self, windows: WordWindows, device: torch.device) -> Objective:
        """See :meth:`WordLoss.objective`."""
        return WholeVocabulary()
