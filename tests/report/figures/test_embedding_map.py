import numpy as np
import pytest
from scipy.spatial.distance import pdist

from embedlab.report.figures.embedding_map import CLASSES, PER_CLASS, choose, project, set_apart


def test_the_largest_classes_are_shown() -> None:
    labels = np.concatenate([np.full(30, 7), np.repeat(np.arange(100, 120), 3), np.full(20, 3), [1]])
    rows, classes = choose(labels)
    assert len(classes) == CLASSES
    assert {3, 7} <= set(classes.tolist())
    assert 1 not in classes
    assert np.unique(labels[rows], return_counts=True)[1].tolist() == [PER_CLASS, PER_CLASS, *[3] * 13]


def test_projection_keeps_clusters_and_repeats() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 15)
    embeddings = (10 * random.normal(size=(3, 8))[labels] + random.normal(size=(45, 8))).astype(np.float32)
    places = project(embeddings)
    assert (places.min(0), places.max(0)) == (pytest.approx([0, 0]), pytest.approx([1, 1]))
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1) + 9 * np.eye(45)
    assert (labels[distances.argmin(1)] == labels).all()
    np.testing.assert_array_equal(places, project(embeddings))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_points_have_places_too(n: int) -> None:
    places = project(np.eye(n, 4, dtype=np.float32))
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()


def test_set_apart_clears_overlaps_and_leaves_the_rest() -> None:
    places = np.array([[0.0, 0.0], [10.0, 10.0], [5.0, 5.0], [5.1, 5.0], [5.0, 5.2]])
    moved = set_apart(places, 1.0)
    assert moved[:2].tolist() == places[:2].tolist()
    assert pdist(moved).min() > 0.95
