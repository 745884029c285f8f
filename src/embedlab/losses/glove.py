"""GloVe's objective: logarithms of co-occurrence counts by weighted least squares."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.kernels.cooccurrence import Cells
from embedlab.kernels.glove import train_glove
from embedlab.losses.words import Kernel, WordLoss, WordWindows


@dataclass(frozen=True)
class GloveLoss(WordLoss):
    """``½ Σ_ij min(1, (x_ij / x_max)^α) (w_i·c_j + b_i + d_j − log x_ij)²`` (Pennington, Socher, Manning 2014).

    ``x_ij`` is how often words i and j stand within a window of each other, at distance d counted as 1/d. A block of
    text stands for its share of these counts, taken in random order.

    Args:
        x_max: count from which on all weigh alike: 100 for texts of billions of words, 10 for smaller ones.
        alpha: power with which rarer ones weigh less.
    """

    x_max: float = 100.0
    alpha: float = 0.75

    def __post_init__(self) -> None:
        if self.x_max <= 0:
            raise BadInput(f"loss.x_max={self.x_max}: a count is above zero")

    @property
    def training(self) -> Mapping[str, Any]:
        """Its name, x_max and alpha."""
        return {"loss": "glove", "x_max": self.x_max, "alpha": self.alpha}

    def kernel(self, windows: WordWindows) -> Kernel:
        """See :meth:`WordLoss.kernel`."""
        return partial(_train_share, windows.cells(True), self.x_max, self.alpha)


def _train_share(
    cells: Cells, x_max: float, alpha: float,
    words: NDArray[np.float32], contexts: NDArray[np.float32], word_bias: NDArray[np.float32],
    context_bias: NDArray[np.float32], word_squares: NDArray[np.float32], context_squares: NDArray[np.float32],
    word_bias_squares: NDArray[np.float32], context_bias_squares: NDArray[np.float32],
    ids: NDArray[np.int32], offsets: NDArray[np.int64], first: int, last: int,
    rate_begin: float, rate_end: float, seed: np.uint64,
) -> tuple[int, float]:  # fmt: skip
    """:func:`train_glove` on as large a part of the cells as the sentences are of the text."""
    begin, end = (int(offsets[sentence]) * len(cells[2]) // len(ids) for sentence in (first, last))
    rows, columns, values = (part[begin:end] for part in cells)
    squares = word_squares, context_squares, word_bias_squares, context_bias_squares
    rate = (rate_begin + rate_end) / 2
    return train_glove(
        words, contexts, word_bias, context_bias, squares, rows, columns, values, rate, x_max, alpha
    )  # fmt: skip
