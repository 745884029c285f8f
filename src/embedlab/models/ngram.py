"""A Markov model as a module: counts that are saved and loaded, and the smoothed model of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from embedlab.errors import BadInput
from embedlab.ngrams.model import NGramModel
from embedlab.ngrams.smoothing import Smoothing
from embedlab.ngrams.table import NGramCounter, NGramTable

_TABLE = ("words", "first", "suffixes", "levels", "counts")


class NGram(nn.Module):
    """N-grams counted block by block; nothing is learned by gradients.

    Its state is what was counted so far, in the arrays of :class:`embedlab.ngrams.NGramTable`, and the weights of the
    smoothing, empty if it has none of held-out text. It can be saved at any time, and counting goes on from there.

    Args:
        vocabulary_size: V.
        smoothing: makes probabilities of counts.
        order: words of the longest n-grams, 1 to 10.

    Raises:
        BadInput: another order.
    """

    name = "ngram"

    def __init__(self, vocabulary_size: int, smoothing: Smoothing, order: int = 5) -> None:
        super().__init__()
        self.vocabulary_size, self.order, self.smoothing = vocabulary_size, order, smoothing
        self.reset()

    def reset(self) -> None:
        """Forget all that was counted."""
        self._counter = NGramCounter(self.vocabulary_size, self.order)
        self._smoothed: NGramModel | None = None

    def count(self, ids: ArrayLike, offsets: ArrayLike, context: int = 0, within: bool = False) -> None:
        """Counts a block; see :meth:`embedlab.ngrams.NGramTable.count`."""
        self._counter.add(ids, offsets, context, within)
        self._smoothed = None

    def count_table(self, table: NGramTable) -> None:
        """Adds what was counted elsewhere, as on another rank."""
        self._counter.add_table(table)
        self._smoothed = None

    def fit(self, ids: ArrayLike, offsets: ArrayLike) -> None:
        """Hands the smoothing held-out text, for what it may have to learn from it; counting must be over."""
        self.smoothing.fit(self.table, ids, offsets)
        self._smoothed = None

    @property
    def table(self) -> NGramTable:
        """What was counted so far."""
        return self._counter.table

    @property
    def smoothed(self) -> NGramModel:
        """The model of what was counted so far, made when it is first asked for."""
        if self._smoothed is None:
            self._smoothed = self.smoothing(self.table)
        return self._smoothed

    def forward(self, ids: ArrayLike, offsets: ArrayLike) -> Tensor:
        """Natural logarithm of the probability of each word of a text ``(N,)`` float64.

        See :meth:`embedlab.ngrams.NGramModel.log_probabilities`.
        """
        return torch.from_numpy(self.smoothed.log_probabilities(ids, offsets))

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name in _TABLE:
            destination[prefix + name] = torch.from_numpy(getattr(self.table, name))
        weights = self.smoothing.weights
        destination[f"{prefix}weights"] = torch.empty(0) if weights is None else torch.from_numpy(weights)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *_: Any) -> None:
        arrays = {name: np.ascontiguousarray(state_dict[prefix + name].cpu().numpy()) for name in _TABLE}
        table = NGramTable(**arrays)
        if (table.vocabulary_size, table.order) != (self.vocabulary_size, self.order):
            raise BadInput(
                f"counts of order {table.order} over {table.vocabulary_size} words do not fit a model of order "
                f"{self.order} over {self.vocabulary_size}"
            )
        self.reset()
        self.count_table(table)
        weights = state_dict[f"{prefix}weights"].cpu().numpy()
        self.smoothing.weights = weights if weights.size else None
