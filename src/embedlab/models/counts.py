"""Vectors of counts: which words stand near a word, and how often."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn

from embedlab.errors import BadInput
from embedlab.kernels.cooccurrence import Cells
from embedlab.models.word_model import WordModel
from embedlab.vectors.word_vectors import WordVectors

WEIGHTINGS = ("one_hot", "raw", "tfidf", "ppmi")


class Counts(WordModel):
    """Words as rows of the matrix of their co-occurrence counts, weighted, and perhaps shortened by a truncated SVD.

    Nothing is dense but the shortened vectors: the others have a number for each word of the vocabulary.

    Args:
        vocabulary_size: V.
        window: words to each side that count as near.
        weighting: ``one_hot`` (a 1 in the word's own place), ``raw`` (the counts), ``tfidf`` or ``ppmi``; see
            :func:`tf_idf` and :func:`ppmi`.
        shift: of PPMI.
        smoothing: of PPMI.
        dimension: D, numbers in a vector ``U·S^power`` of the truncated SVD; None: the sparse rows as they are.
        power: of the singular values: 1 keeps the rows' products, 0.5 does better at most tests (Levy et al. 2015).

    Attributes:
        vectors: dense ``(V, D)`` or sparse (CSR) ``(V, V)``; zero before the text was counted.
    """

    name = "counts"

    def __init__(
        self,
        vocabulary_size: int,
        window: int = 5,
        weighting: str = "ppmi",
        shift: float = 1.0,
        smoothing: float = 0.75,
        dimension: int | None = None,
        power: float = 0.5,
    ) -> None:
        super().__init__()
        if weighting not in WEIGHTINGS:
            raise BadInput(f"model.weighting={weighting}: no such weighting; there are {', '.join(WEIGHTINGS)}")
        if window < 1 or shift <= 0:
            raise BadInput(f"model.window={window}, model.shift={shift}: at least 1, and above zero")
        if dimension is not None and weighting == "one_hot":
            raise BadInput("model.weighting=one_hot: its vectors can't be shortened; take model.dimension=null")
        if dimension is not None and not 0 < dimension < vocabulary_size:
            raise BadInput(
                f"model.dimension={dimension}: from 1 to {vocabulary_size - 1}, below the {vocabulary_size} words of "
                "the text, or null"
            )
        self.vocabulary_size, self.window, self.weighting = vocabulary_size, window, weighting
        self.shift, self.smoothing, self.dimension, self.power = shift, smoothing, dimension, power
        nothing = sparse.csr_matrix((vocabulary_size, vocabulary_size), dtype=np.float32)
        self._keep(_to_torch(nothing) if dimension is None else torch.zeros(vocabulary_size, dimension))

    @property
    def tables(self) -> tuple[Callable[..., float]]:
        """What is handed the counts: :meth:`take`."""
        return (self.take,)

    def take(self, cells: Callable[[bool], Cells]) -> float:
        """Makes the vectors of counts.

        Args:
            cells: called with False, gives the cells above zero of the matrix of counts.

        Returns:
            How much of the weighted matrix the vectors leave out: of its squares, the part beyond their dimensions.

        Raises:
            BadInput: nothing is left of it.
        """
        matrix = self._weighted(cells)
        if not matrix.nnz:
            raise BadInput(
                f"model.weighting={self.weighting}: all weights are zero; the text or model.shift is at fault"
            )
        if self.dimension is None:
            self._keep(_to_torch(matrix))
            return 0.0
        left, strengths = truncated_svd(matrix, self.dimension)
        self._keep(torch.from_numpy(left * strengths**self.power))
        return float(1 - np.square(strengths).sum() / np.square(matrix.data, dtype=np.float64).sum())

    def _weighted(self, cells: Callable[[bool], Cells]) -> sparse.csr_matrix:
        size = self.vocabulary_size
        if self.weighting == "one_hot":
            return sparse.identity(size, np.float32, format="csr")
        rows, columns, values = cells(False)
        counts = sparse.coo_matrix((values, (rows, columns)), shape=(size, size)).tocsr()
        if self.weighting == "raw":
            return counts
        return tf_idf(counts) if self.weighting == "tfidf" else ppmi(counts, self.shift, self.smoothing)

    def word_vectors(
        self, words: Sequence[str], counts: NDArray[np.int64], training: Mapping[str, Any] | None = None
    ) -> WordVectors:
        """See :meth:`WordModel.word_vectors`; the vectors are a sparse matrix where the model's are."""
        of = self.vectors
        matrix: Any = of.numpy() if self.dimension is not None else _to_scipy(of)
        described = {"weighting": self.weighting, **(training or {})}
        return WordVectors(words, matrix, counts, training=described)

    def _keep(self, vectors: Tensor) -> None:
        self.vectors = nn.Parameter(vectors, requires_grad=False)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *_: Any) -> None:
        self._keep(state_dict[f"{prefix}vectors"])  # not copied into ours, which has no room for its nonzeros


def tf_idf(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """``x_ij · log(V / n_j)``, ``n_j`` being how many words stand near word j: the fewer, the more it tells.

    Args:
        counts: ``(V, V)`` above zero where they are stored.
    """
    near = np.bincount(counts.indices, minlength=counts.shape[1])
    return _with(counts, counts.data * np.log(counts.shape[0] / np.maximum(near, 1)).astype(np.float32)[counts.indices])


def ppmi(counts: sparse.csr_matrix, shift: float = 1.0, smoothing: float = 0.75) -> sparse.csr_matrix:
    """``max(0, log(P(i, j) / (P(i) P_α(j))) − log k)``, with ``P_α(j) ∝ (Σ_i x_ij)^α``.

    Source: Levy, Goldberg, Dagan, "Improving Distributional Similarity with Lessons Learned from Word Embeddings",
    TACL 2015.

    Args:
        counts: ``(V, V)`` above zero where they are stored.
        shift: k, which stands for as many negatives of word2vec; 1: none.
        smoothing: α, below 1 to take rare contexts as less telling than they seem.
    """
    rows, columns = (matrix @ np.ones(matrix.shape[1]) for matrix in (counts, counts.T))
    smoothed = columns**smoothing
    with np.errstate(divide="ignore"):  # of words that stand near none there is no cell
        of_row, of_column = np.log(rows), np.log(smoothed / smoothed.sum())
    information = np.log(counts.data) - np.repeat(of_row.astype(np.float32), np.diff(counts.indptr))
    information -= (of_column + np.log(shift)).astype(np.float32)[counts.indices]
    return _with(counts, information)


def truncated_svd(matrix: sparse.csr_matrix, dimension: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Left singular vectors ``(V, D)`` and singular values ``(D,)`` of the D greatest, greatest first."""
    from scipy.sparse.linalg import svds

    start = np.ones(min(matrix.shape), matrix.dtype)  # the same result every time
    left, strengths, _ = svds(matrix, dimension, v0=start, return_singular_vectors="u")
    return np.ascontiguousarray(left[:, ::-1]), np.ascontiguousarray(strengths[::-1])


def _with(matrix: sparse.csr_matrix, data: NDArray[np.float32]) -> sparse.csr_matrix:
    """A matrix of the same places, with other numbers in them: those above zero."""
    above = data > 0
    bounds = np.concatenate([[0], np.cumsum(above)])[matrix.indptr]
    return sparse.csr_matrix((data[above], matrix.indices[above], bounds), matrix.shape)


def _to_torch(matrix: sparse.csr_matrix) -> Tensor:
    matrix.sort_indices()  # as torch wants them of what it reads from a file
    bounds, columns, values = (torch.from_numpy(part) for part in (matrix.indptr, matrix.indices, matrix.data))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Sparse CSR tensor support is in beta.*")
        return torch.sparse_csr_tensor(bounds, columns, values, matrix.shape, check_invariants=True)


def _to_scipy(tensor: Tensor) -> sparse.csr_matrix:
    parts = tensor.values(), tensor.col_indices(), tensor.crow_indices()
    return sparse.csr_matrix(tuple(part.numpy() for part in parts), tuple(tensor.shape))
