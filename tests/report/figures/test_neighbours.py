import numpy as np

from embedlab.report.figures.neighbours import nearest_neighbours


def test_nearest_neighbours_equal_a_loop_over_all_pairs() -> None:
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(400, 8)).astype(np.float32)
    labels = random.integers(5, size=400)
    queries = random.permutation(400)[:300]  # more than one chunk
    found = nearest_neighbours(embeddings, labels, queries, 10)
    for place, query in enumerate(queries):
        distances = np.linalg.norm(embeddings.astype(np.float64) - embeddings[query], axis=1)
        distances[query] = np.inf
        assert found.nearest[place].tolist() == np.argsort(distances)[:10].tolist()
        assert found.hits[place].tolist() == (labels[found.nearest[place]] == labels[query]).tolist()
