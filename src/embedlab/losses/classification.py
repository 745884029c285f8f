"""Output layers of classifiers: from what stands for a text to its class."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedlab.errors import BadInput


class ClassSoftmax(nn.Module):
    """``p(c) = softmax(W h + b)``, the rows of W no longer than ``max_norm``.

    Source: the constraint is that of Hinton et al. 2012, as Kim 2014 has it: a row that an optimizer's step has made
    longer is scaled back to that length.

    Args:
        num_classes: C.
        input_dim: H.
        max_norm: the longest that a row of W may be; None: any length.

    Raises:
        BadInput: a length that is none.
    """

    def __init__(self, num_classes: int, input_dim: int, max_norm: float | None = None) -> None:
        super().__init__()
        if max_norm is not None and max_norm <= 0:
            raise BadInput(f"loss.max_norm={max_norm}: above 0, or null for any length")
        self.linear, self.max_norm = nn.Linear(input_dim, num_classes), max_norm

    def forward(self, hidden: Tensor, labels: Tensor) -> Tensor:
        """``−ln p`` ``(rows,)`` of the classes ``labels`` ``(rows,)`` of texts ``(rows, H)``, in nats."""
        return functional.cross_entropy(self._scores(hidden), labels, reduction="none")

    def probabilities(self, hidden: Tensor) -> Tensor:
        """``(rows, C)``."""
        return self._scores(hidden).softmax(1)

    def constrain(self) -> None:
        """Shorten what a step has made too long."""
        if self.max_norm is not None:
            with torch.no_grad():
                self.linear.weight.renorm_(2, 0, self.max_norm)

    def _scores(self, hidden: Tensor) -> Tensor:
        scores: Tensor = self.linear(hidden)
        return scores if scores.dtype == torch.float64 else scores.float()
