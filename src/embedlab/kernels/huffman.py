"""The Huffman tree of counts, in time linear in the leaves."""

import numpy as np
from numpy.typing import NDArray

from embedlab.kernels.jit import compiled


def parents(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int64]]:
    """Joins the two rarest nodes until one is left: word2vec's way, with two queues instead of a heap.

    Args:
        counts: of the leaves ``(V,)``, falling, ``V ≥ 2``.

    Returns:
        For all ``2V − 1`` nodes, the leaves first and the inner nodes as they are made: the parent (the root's is
        itself), the branch from it (0 to the rarer child), and the depth.
    """
    size = len(counts)
    parent = np.empty(2 * size - 1, np.int64)
    branch, depth = np.zeros(2 * size - 1, np.int8), np.zeros(2 * size - 1, np.int64)
    _build(counts, parent, branch, depth)
    return parent, branch, depth


def paths(
    parent: NDArray[np.int64], branch: NDArray[np.int8], bounds: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Inner nodes and branches from the root to each leaf, leaf after leaf.

    Args:
        parent: see :func:`parents`.
        branch: likewise.
        bounds: ``(V + 1,)``, where each leaf's path begins.

    Returns:
        Inner nodes, numbered from 0, and branches, ``(bounds[-1],)`` each.
    """
    points, codes = np.empty(bounds[-1], np.int32), np.empty(bounds[-1], np.int8)
    _paths(parent, branch, bounds, points, codes)
    return points, codes


@compiled
def _build(counts, parent, branch, depth):  # type: ignore[no-untyped-def]
    size = len(counts)
    weight = np.empty(2 * size - 1, np.int64)
    weight[:size] = counts
    leaf, inner = size - 1, size  # the rarest of each queue; inner nodes are made in rising order
    for new in range(size, 2 * size - 1):
        for side in range(2):
            if leaf >= 0 and (inner >= new or weight[leaf] < weight[inner]):
                child = leaf
                leaf -= 1
            else:
                child = inner
                inner += 1
            parent[child] = new
            branch[child] = side
            if side == 0:
                weight[new] = weight[child]
            else:
                weight[new] += weight[child]
    root = 2 * size - 2
    parent[root] = root
    for node in range(root - 1, -1, -1):
        depth[node] = depth[parent[node]] + 1


@compiled
def _paths(parent, branch, bounds, points, codes):  # type: ignore[no-untyped-def]
    size = len(bounds) - 1
    for leaf in range(size):
        node = leaf
        for k in range(bounds[leaf + 1] - 1, bounds[leaf] - 1, -1):
            codes[k] = branch[node]
            node = parent[node]
            points[k] = node - size
