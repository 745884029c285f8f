"""What vectors of counts are trained by: nothing but counting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from embedlab.kernels.cooccurrence import Cells
from embedlab.losses.words import Kernel, WordLoss, WordWindows


@dataclass(frozen=True)
class Counting(WordLoss):
    """No objective: the text's co-occurrence counts are all that the model is made of.

    All is done with the first piece of the text; the loss is the part of the matrix that its vectors leave out.
    """

    @property
    def training(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def kernel(self, windows: WordWindows) -> Kernel:
        """See :meth:`WordLoss.kernel`."""
        return partial(_count, windows.cells)


def _count(
    cells: Callable[[bool], Cells], take: Callable[..., float], ids: Any, offsets: Any, first: int, last: int, **_: Any
) -> tuple[int, float]:
    return (0, 0.0) if first else (1, take(cells))
