import tracemalloc

import numpy as np
import pytest
import torch

from embedlab.distances import DISTANCES, squared_euclidean
from embedlab.search import ExactIndex


def brute_force(gallery, queries, k, distance, exclude=None):
    """Every distance in float64, a stable sort of each row."""
    matrix = DISTANCES[distance](torch.from_numpy(queries).double(), torch.from_numpy(gallery).double()).numpy()
    if exclude is not None:
        matrix[np.arange(len(queries)), exclude] = np.inf
    rows = matrix.argsort(axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(matrix, rows, 1)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("seed", range(3))
def test_equals_brute_force_whatever_the_block(distance, seed):
    rng = np.random.default_rng(seed)
    gallery, queries = (rng.integers(-3, 4, (n, 5)).astype(np.float32) for n in (60, 17))  # many ties
    if distance == "cosine":  # its normalisation rounds: no exact ties in float64
        gallery, queries = (x + rng.normal(size=x.shape).astype(np.float32) for x in (gallery, queries))
    rows, distances = brute_force(gallery, queries, 7, distance)
    for block_bytes in (1, 1000, 2**20):
        found = ExactIndex(gallery, distance, block_bytes).search(queries, 7)
        np.testing.assert_array_equal(found.rows, rows)
        np.testing.assert_allclose(found.distances, distances, atol=2e-6)


def test_excludes_the_query_itself():
    x = np.random.default_rng(0).integers(-2, 3, (40, 3)).astype(np.float32)
    rows, _ = brute_force(x, x, 39, "squared_euclidean", exclude=np.arange(40))
    found = ExactIndex(x).search(x, 100, exclude=np.arange(40)).rows
    np.testing.assert_array_equal(found, rows)
    assert (found != np.arange(40)[:, None]).all()


def test_equally_near_ones_come_in_the_order_of_their_rows():
    found = ExactIndex(np.ones((1000, 4))).search(np.zeros((3, 4)), 5)
    np.testing.assert_array_equal(found.rows, np.tile(np.arange(5), (3, 1)))
    np.testing.assert_array_equal(found.distances, np.full((3, 5), 4.0))


def test_k_larger_than_the_gallery_finds_all_of_it():
    found = ExactIndex([[0.0], [3.0], [1.0]]).search([[0.0]], 10)
    np.testing.assert_array_equal(found.rows, [[0, 2, 1]])
    np.testing.assert_array_equal(found.distances, [[0, 1, 9]])


def test_memory_is_that_of_a_block():
    """200 queries against 120,000: no block of distances above 1 MB, where the matrix has 96 MB."""
    rng = np.random.default_rng(0)
    gallery, queries = (rng.normal(size=(n, 8)).astype(np.float32) for n in (120_000, 200))
    sizes = []

    def watched(x, y):
        matrix = squared_euclidean(x, y)
        sizes.append(matrix.nbytes)
        return matrix

    tracemalloc.start()
    found = ExactIndex(gallery, watched, block_bytes=2**20).search(queries, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(sizes) <= 2**20
    assert sum(sizes) == 4 * 200 * 120_000
    assert peak < 2**22
    rows, _ = brute_force(gallery, queries[:5], 3, "squared_euclidean")
    np.testing.assert_array_equal(found.rows[:5], rows)


@pytest.mark.parametrize(
    ("gallery", "queries", "k", "says"),
    [
        (np.empty((0, 2)), [[0, 0]], 1, "gallery is empty"),
        ([[0, np.nan]], [[0, 0]], 1, "NaN or infinity"),
        ([[0, 0]], [[0, np.inf]], 1, "NaN or infinity"),
        ([0, 0], [[0, 0]], 1, r"matrix .* got \(2,\)"),
        ([[0, 0]], [[0, 0, 0]], 1, "queries have 3 dimensions, the gallery 2"),
        ([[0, 0]], [[0, 0]], 0, "k=0"),
    ],
)
def test_bad_input(gallery, queries, k, says):
    with pytest.raises(ValueError, match=says):
        ExactIndex(gallery).search(queries, k)
