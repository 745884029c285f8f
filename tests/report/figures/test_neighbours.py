import numpy as np
import pytest
from scipy.spatial.distance import cdist

from embedlab.report.figures.neighbours import nearest_neighbours


@pytest.mark.parametrize(("distance", "metric"), [("squared_euclidean", "sqeuclidean"), ("cosine", "cosine")])
def test_nearest_neighbours_equal_a_sort_of_all_distances(distance: str, metric: str) -> None:
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(400, 8)).astype(np.float32)
    labels = random.integers(5, size=400)
    queries = random.permutation(400)[:300]  # more than one chunk
    found = nearest_neighbours(embeddings, labels, queries, 10, distance)
    distances = cdist(embeddings, embeddings, metric)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(found.nearest, np.argsort(distances[queries], axis=1)[:, :10])
    np.testing.assert_array_equal(found.hits, labels[found.nearest] == labels[queries, None])
