"""The Huffman tree of a vocabulary, for the hierarchical softmax."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedlab.kernels.huffman import parents, paths


@dataclass(frozen=True)
class HuffmanTree:
    """Each word's way from the root: which inner nodes it passes, and which branch it takes there.

    Morin, Bengio, "Hierarchical Probabilistic Neural Network Language Model", 2005, with the codes of word2vec: there
    are ``V − 1`` inner nodes, the root is number ``V − 2``, and code 0 leads to the rarer child.

    Attributes:
        points: inner nodes of all words, ``(total,)``.
        codes: branches taken at them, 0 or 1, ``(total,)``.
        bounds: ``(V + 1,)``; word ``i``'s path lies from ``bounds[i]`` to ``bounds[i + 1]``.
    """

    points: NDArray[np.int32]
    codes: NDArray[np.int8]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> "HuffmanTree":
        """The tree with the least expected length ``Σ count · length``, for counts ``(V,)`` in any order.

        Raises:
            ValueError: fewer than two words, or a count below zero.
        """
        counts = np.asarray(counts, np.int64)
        if len(counts) < 2 or counts.min() < 0:
            raise ValueError("a Huffman tree needs at least two words, with counts that are not negative")
        order = np.argsort(-counts, kind="stable")
        node = np.empty(len(counts), np.int64)  # of each word
        node[order] = np.arange(len(counts))
        parent, branch, depth = parents(counts[order])
        # Where words are already in order, as in a vocabulary, this changes nothing.
        inner = np.arange(len(counts), len(parent))
        parent = np.concatenate([parent[node], parent[inner]])
        branch = np.concatenate([branch[node], branch[inner]])
        bounds = np.concatenate([[0], np.cumsum(depth[node])])
        return cls(*paths(parent, branch, bounds), bounds)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Length of each word's code ``(V,)``."""
        return np.diff(self.bounds)
