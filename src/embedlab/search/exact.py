"""Exact nearest-neighbour search in bounded memory."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from embedlab.distances import Distance, get_distance


class Neighbors(NamedTuple):
    """The nearest gallery rows of each query, nearest first; equally near ones by row number."""

    rows: NDArray[np.int64]  # (Q, k)
    distances: NDArray[np.float32]  # (Q, k)


class ExactIndex:
    """Compares every query with every row of the gallery, a block of queries at a time.

    The distances of a block take ``block_bytes``, or one row of them where that is more: N numbers, still fewer than
    the gallery's own N·D. So memory does not grow with the number of queries.

    Args:
        embeddings: the gallery ``(N, D)``, kept as float32.
        distance: name of a distance, or a function ``(A, D), (C, D) -> (A, C)``.
        block_bytes: of one block of distances; the work takes a few times as much.

    Raises:
        ValueError: the gallery is empty, not a matrix, or holds NaN or infinity.
    """

    def __init__(
        self,
        embeddings: ArrayLike,
        distance: str | Distance = "squared_euclidean",
        block_bytes: int = 32 * 2**20,
    ) -> None:
        self.embeddings = _matrix(embeddings)
        if len(self.embeddings) == 0:
            raise ValueError("the gallery is empty: there is nothing to search")
        self.distance = get_distance(distance)
        self.block = max(1, block_bytes // (4 * len(self.embeddings)))

    def __len__(self) -> int:
        return len(self.embeddings)

    @torch.no_grad()
    def search(self, queries: ArrayLike, k: int, exclude: ArrayLike | None = None) -> Neighbors:
        """The ``k`` nearest rows to each query; all there are where the gallery holds fewer.

        Args:
            queries: ``(Q, D)``.
            k: how many, at least 1.
            exclude: ``(Q,)`` one row that each query may not find, such as itself.
        """
        points = _matrix(queries)
        if points.shape[1] != self.embeddings.shape[1]:
            raise ValueError(f"the queries have {points.shape[1]} dimensions, the gallery {self.embeddings.shape[1]}")
        if k < 1:
            raise ValueError(f"k={k}: a search finds at least one neighbour")
        own = None if exclude is None else torch.as_tensor(exclude)[:, None]
        k = min(k, len(self) - (own is not None))
        rows = np.empty((len(points), k), np.int64)
        distances = np.empty((len(points), k), np.float32)
        for start in range(0, len(points), self.block):
            block = slice(start, start + self.block)
            matrix = self.distance(points[block], self.embeddings)
            if own is not None:
                matrix.scatter_(1, own[block], torch.inf)
            rows[block], distances[block] = _smallest(matrix, k)
        return Neighbors(rows, distances)


def _smallest(matrix: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Columns and values of the ``k`` smallest of each row, by value and then by column.

    ``topk`` picks any of several equal values. One more than asked for shows whether the last one picked had equals
    that were left out; only in such rows, of all equals of that last one the first columns are picked.
    """
    values, columns = matrix.topk(min(k + 1, matrix.shape[1]), largest=False)
    if values.shape[1] > k:
        undecided = (values[:, k - 1] == values[:, k]).nonzero()[:, 0]
        columns = columns[:, :k].contiguous()
        if len(undecided):
            rows, last = matrix[undecided], values[undecided, k - 1 : k]
            below, equal = rows < last, rows == last
            wanted = k - below.sum(1, keepdim=True)
            picked = below | (equal & (equal.cumsum(1, dtype=torch.int32) <= wanted))
            columns[undecided] = picked.nonzero()[:, 1].view(-1, k)
    columns = columns.sort().values
    values, order = matrix.gather(1, columns).sort(stable=True)
    return columns.gather(1, order), values


def _matrix(embeddings: ArrayLike) -> Tensor:
    matrix = torch.as_tensor(embeddings, dtype=torch.float32)
    if matrix.ndim != 2:
        raise ValueError(f"embeddings are a matrix (number, dim); got {tuple(matrix.shape)}")
    if not matrix.isfinite().all():
        raise ValueError("embeddings hold NaN or infinity: the model that made them has diverged")
    return matrix
