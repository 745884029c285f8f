"""Vectors by word, and what one asks of them. Names are gensim's where it has one."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from embedlab.errors import BadInput
from embedlab.text.morphology import are_tagged, split_tag
from embedlab.vectors.spelling import nearest_spelling
from embedlab.vectors.subword_vectors import SubwordVectors

Vector = NDArray[np.float32]
Matrix: TypeAlias = Any  # a float32 array (rows, D), or such a csr_matrix: SciPy says no types
Query = str | Vector | Sequence[str | Vector]
Found = list[tuple[str, float]]  # words and their scores, best first

_EPSILON = 1e-6  # what 3CosMul's denominator is kept off zero by
_DENSE_ROWS = 256  # of a sparse matrix that are held as dense ones at a time


class WordVectors:
    """Words and their vectors, with subwords also those of unseen words.

    Where words carry tags, ``слово_NOUN``, a word without one stands for the most frequent that it may mean.

    Args:
        words: V different ones, most frequent first.
        vectors: ``(V, D)``, kept as float32; a sparse matrix is kept as one (CSR), and all is the same but its size.
        counts: ``(V,)`` occurrences of each word in the training text.
        subwords: what the vectors are means of.
        outputs: ``(V, D)`` the other side of the model (of hierarchical softmax: its inner nodes), to go on training.
        training: how they were trained, as far as it is known; see :mod:`embedlab.vectors.formats.fasttext`.

    Raises:
        BadInput: a word comes twice; vectors, counts or outputs don't go with the words, or hold NaN or infinity.
    """

    def __init__(
        self,
        words: Sequence[str],
        vectors: Matrix,
        counts: NDArray[Any] | None = None,
        subwords: SubwordVectors | None = None,
        outputs: NDArray[Any] | None = None,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        self.index_to_key = list(words)
        self.key_to_index = {word: row for row, word in enumerate(self.index_to_key)}
        self.vectors: Matrix = (
            sparse.csr_matrix(vectors, dtype=np.float32)
            if sparse.issparse(vectors)
            else np.ascontiguousarray(vectors, np.float32)
        )
        self.counts = None if counts is None else np.ascontiguousarray(counts, np.int64)
        self.subwords = subwords
        self.outputs = None if outputs is None else np.ascontiguousarray(outputs, np.float32)
        self.training = dict(training or {})
        self._check()

    def _check(self) -> None:
        words = self.index_to_key
        if not words:
            raise BadInput("no words: vectors are of at least one")
        if len(self.key_to_index) < len(words):
            twice = next(word for row, word in enumerate(words) if self.key_to_index[word] != row)
            raise BadInput(f"the word {twice!r} comes twice")
        if self.vectors.ndim != 2 or self.vectors.shape[0] != len(words) or not self.vectors.shape[1]:
            raise BadInput(f"{len(words)} words, but vectors {self.vectors.shape}: (words, dim) is needed")
        if self.counts is not None and self.counts.shape != (len(words),):
            raise BadInput(f"{len(words)} words, but counts {self.counts.shape}")
        if self.outputs is not None and self.outputs.shape != self.vectors.shape:
            raise BadInput(f"vectors {self.vectors.shape}, but outputs {self.outputs.shape}")
        if (row := first_not_finite(self.vectors)) is not None:
            raise BadInput(f"the vector of {words[row]!r} (row {row}) holds NaN or infinity")

    def __len__(self) -> int:
        return len(self.index_to_key)

    @property
    def vector_size(self) -> int:
        """D."""
        return self.vectors.shape[1]

    def __contains__(self, word: str) -> bool:
        """Whether ``self[word]`` is a vector: the word is known, or has known subwords."""
        return self.row(word) is not None or (self.subwords is not None and len(self.subwords.rows(word)) > 0)

    def __getitem__(self, words: str | Sequence[str]) -> Vector:
        """The vector ``(D,)`` of a word, or the vectors ``(n, D)`` of a list of words.

        Raises:
            BadInput: an unknown word, without subwords to make it of; names the nearest spelling.
        """
        if not isinstance(words, str):
            return np.stack([self[word] for word in words])
        row = self.row(words)
        if row is not None:
            return self.vectors[row].toarray()[0] if self.is_sparse else self.vectors[row]
        vector = None if self.subwords is None else self.subwords.of_unseen(words)
        if vector is None:
            raise self.unknown(words)
        return vector

    def unknown(self, word: str) -> BadInput:
        """What is said of a word that has no vector."""
        known = self._untagged or self.key_to_index
        meant = nearest_spelling(word, list(known), known)
        return BadInput(f"{word!r} is not among the {len(self):,} words" + (f"; {meant!r} is" if meant else ""))

    def row(self, word: str) -> int | None:
        """The place of a known word in ``index_to_key``."""
        row = self.key_to_index.get(word)
        return self._untagged.get(word) if row is None else row

    @cached_property
    def _untagged(self) -> dict[str, int]:
        """The first row of each word without its tag; empty where words have none."""
        rows: dict[str, int] = {}
        for row, word in enumerate(self.index_to_key if are_tagged(self.index_to_key) else ()):
            rows.setdefault(split_tag(word)[0], row)
        return rows

    @property
    def is_sparse(self) -> bool:
        """Whether ``vectors`` is a sparse matrix."""
        return sparse.issparse(self.vectors)

    @cached_property
    def normed(self) -> Matrix:
        """``(V, D)`` the vectors at length 1; a vector of zeros stays one."""
        return unit(self.vectors)

    def similarity(self, w1: str, w2: str) -> float:
        """Cosine of two words' vectors."""
        return float(unit(self[w1]) @ unit(self[w2]))

    def most_similar(
        self,
        positive: Query | None = None,
        negative: Query | None = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Any:
        """The words nearest in cosine to the sum of ``positive`` minus ``negative``, words at length 1 (3CosAdd).

        Args:
            positive, negative: a word, a vector ``(D,)``, taken at its own length, or a list of such; the words given
                are not found.
            topn: how many; None: the cosine of every word, an array.
            restrict_vocab: search the first so many words only.

        Source: Mikolov, Yih, Zweig, "Linguistic Regularities in Continuous Space Word Representations", NAACL 2013.
        """
        plus, minus = self._units(positive), self._units(negative)
        target = unit(plus.sum(0) - minus.sum(0))
        return self._best(self._searched(restrict_vocab) @ target, topn, positive, negative)

    def most_similar_cosmul(
        self,
        positive: Query | None = None,
        negative: Query | None = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Any:
        """The words of the greatest ``Π s(x, positive) / (Π s(x, negative) + 1e-6)``, ``s = (1 + cos) / 2`` (3CosMul).

        Arguments as of :meth:`most_similar`.

        Source: Levy, Goldberg, "Linguistic Regularities in Sparse and Explicit Word Representations", CoNLL 2014.
        """
        searched = self._searched(restrict_vocab)
        plus, minus = ((1 + searched @ self._units(items).T) / 2 for items in (positive, negative))
        return self._best(plus.prod(1) / (minus.prod(1) + np.float32(_EPSILON)), topn, positive, negative)

    def analogy(self, a: str, b: str, c: str, topn: int = 10, cosmul: bool = False) -> Found:
        """What is to ``c`` as ``b`` is to ``a``: by 3CosAdd, or with ``cosmul`` by 3CosMul."""
        find = self.most_similar_cosmul if cosmul else self.most_similar
        found: Found = find([b, c], [a], topn)
        return found

    def doesnt_match(self, words: Sequence[str]) -> str:
        """The word whose vector is farthest in cosine from the mean of all at length 1; unknown words are left out."""
        known = [word for word in words if word in self]
        if not known:
            raise BadInput(f"none of {', '.join(words) or 'no words'} is known")
        vectors = unit(self[known])
        return min(zip((vectors @ unit(vectors.mean(0))).tolist(), known, strict=True))[1]

    def _searched(self, restrict_vocab: int | None) -> Matrix:
        """``normed`` of the first so many words; a slice of a sparse matrix would be a copy of all of it."""
        return self.normed if restrict_vocab is None else self.normed[:restrict_vocab]

    def _units(self, items: Query | None) -> NDArray[np.float32]:
        """``(n, D)`` of a query's items, words at length 1."""
        vectors = [unit(self[item]) if isinstance(item, str) else item for item in _items(items)]
        return np.array(vectors, np.float32).reshape(-1, self.vector_size)

    def _best(self, scores: Vector, topn: int | None, *queries: Query | None) -> Any:
        if not any(_items(query) for query in queries):
            raise BadInput("name at least one word")
        if topn is None:
            return scores
        words = [item for query in queries for item in _items(query) if isinstance(item, str)]
        given = {row for word in words if (row := self.row(word)) is not None and row < len(scores)}
        scores[list(given)] = -np.inf
        topn = min(topn, int(np.isfinite(scores).sum()))
        if topn < 1:
            return []
        rows = np.flatnonzero(scores >= np.partition(scores, -topn)[-topn])  # all that tie with the last one
        rows = rows[np.argsort(-scores[rows], kind="stable")][:topn]
        return [(self.index_to_key[row], float(scores[row])) for row in rows]


def unit(vectors: Matrix) -> Matrix:
    """Vectors ``(…, D)``, or a sparse matrix of such rows, at length 1, float32; one of zeros stays zero."""
    if sparse.issparse(vectors):
        lengths = np.sqrt(vectors.multiply(vectors) @ np.ones(vectors.shape[1]))
        scaled = vectors.data / np.repeat(np.where(lengths > 0, lengths, 1), np.diff(vectors.indptr))
        return sparse.csr_matrix((scaled.astype(np.float32), vectors.indices, vectors.indptr), vectors.shape)
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)


def products(first: Matrix, second: Matrix) -> NDArray[np.float32]:
    """``first @ second.T`` as a dense array ``(n, m)``; of sparse ones a few rows at a time are dense meanwhile."""
    if not sparse.issparse(first):
        return first @ second.T
    found = np.empty((first.shape[0], second.shape[0]), np.float32)
    for start in range(0, len(found), _DENSE_ROWS):
        found[start : start + _DENSE_ROWS] = (second @ first[start : start + _DENSE_ROWS].T.toarray()).T
    return found


def row_products(first: Matrix, second: Matrix) -> NDArray[np.float32]:
    """The product ``(n,)`` of each row with the other's row of the same number."""
    if not sparse.issparse(first):
        return np.einsum("nd,nd->n", first, second)
    return first.multiply(second) @ np.ones(first.shape[1], np.float32)


def first_not_finite(matrix: Matrix, block: int = 65536) -> int | None:
    """The first row with NaN or infinity."""
    if sparse.issparse(matrix):
        broken = np.flatnonzero(~np.isfinite(matrix.data))
        return int(np.searchsorted(matrix.indptr, broken[0], "right")) - 1 if len(broken) else None
    for start in range(0, len(matrix), block):
        broken = np.flatnonzero(~np.isfinite(matrix[start : start + block]).all(1))
        if len(broken):
            return start + int(broken[0])
    return None


def _items(query: Query | None) -> list[Any]:
    if query is None:
        return []
    return [query] if isinstance(query, str) or (isinstance(query, np.ndarray) and query.ndim == 1) else list(query)
