import numpy as np

from embedlab.kernels.huffman import parents, paths


def test_by_hand():
    """3 and 2 make 5 (node 4), 5 and 4 make 9 (node 5), 9 and 9 make 18 (node 6)."""
    parent, branch, depth = parents(np.array([9, 4, 3, 2]))
    assert parent.tolist() == [6, 5, 4, 4, 5, 6, 6]
    assert branch.tolist() == [1, 0, 1, 0, 1, 0, 0]
    assert depth.tolist() == [1, 2, 3, 3, 2, 1, 0]
    points, codes = paths(parent, branch, np.array([0, 1, 3, 6, 9]))
    assert points.tolist() == [2, 2, 1, 2, 1, 0, 2, 1, 0]
    assert codes.tolist() == [1, 0, 0, 0, 1, 1, 0, 1, 0]
