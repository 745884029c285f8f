"""What every evaluation protocol takes and gives: an :class:`EvaluationSet` in, named :class:`Estimate` s out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol as TypingProtocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Estimate:
    """A number in its own unit (metrics are fractions in 0..1) and, where one is defined, its 95 % interval."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class VerificationPairs:
    """A data set's own list of pairs: row numbers of the evaluation set, whether they match, and their fold.

    Attributes:
        first, second: ``(P,)`` integer rows.
        same: ``(P,)`` bool.
        fold: ``(P,)`` integers from 0.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    same: NDArray[np.bool_]
    fold: NDArray[np.int64]


@dataclass(frozen=True)
class Episode:
    """One fixed few-shot task: rows of the evaluation set and the class of each inside this episode.

    Attributes:
        support, support_labels: ``(N·K,)`` rows and labels 0..N-1.
        query, query_labels: ``(Q,)`` rows and labels 0..N-1.
    """

    support: NDArray[np.int64]
    support_labels: NDArray[np.int64]
    query: NDArray[np.int64]
    query_labels: NDArray[np.int64]


@dataclass(frozen=True)
class EvaluationSet:
    """Embeddings ``(N, D)`` float32 and labels ``(N,)`` of one split, with the data set's own pairs and episodes.

    Raises:
        ValueError: embeddings hold NaN or infinity, or don't go with the labels.
    """

    embeddings: NDArray[np.float32]
    labels: NDArray[np.int64]
    pairs: VerificationPairs | None = None
    episodes: tuple[Episode, ...] | None = None

    def __post_init__(self) -> None:
        if self.embeddings.ndim != 2 or self.labels.shape != self.embeddings.shape[:1] or not self.labels.size:
            raise ValueError(
                "embeddings are (number, dim), labels (number,), at least one; "
                f"got {self.embeddings.shape} and {self.labels.shape}"
            )
        broken = np.flatnonzero(~np.isfinite(self.embeddings).all(1))
        if len(broken):
            raise ValueError(
                f"embeddings hold NaN or infinity in {len(broken)} of {len(self.labels)} rows, first in row {broken[0]}"
            )


class Result(TypingProtocol):
    """What a protocol gives: a small frozen dataclass that can name its numbers."""

    def metrics(self) -> Mapping[str, Estimate]:
        """Numbers by name, e.g. ``recall_at_1``; the split (``val/``, ``test/``) is put before it by the caller."""
        ...


class Protocol(TypingProtocol):
    """A configured protocol, e.g. ``Retrieval(ks=(1, 5))``."""

    def __call__(self, data: EvaluationSet) -> Result:
        """Evaluate; deterministic for its own ``seed``."""
        ...
