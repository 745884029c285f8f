from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist

from embedlab.report.confusions import confusions
from embedlab.report.runs import read_run


def test_rows_equal_a_sort_of_all_distances(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", "triplet", 1, {}, classes=12, per_class=5, dim=2))
    arrays = run.evaluation
    rows = confusions(run)
    distances = cdist(arrays["embeddings"], arrays["embeddings"], "sqeuclidean")
    np.fill_diagonal(distances, np.inf)
    nearest, labels = distances.argmin(axis=1), arrays["labels"]
    wrong = np.flatnonzero(labels[nearest] != labels)
    assert 0 < len(wrong) < len(labels)
    wrong = wrong[np.argsort(distances.min(axis=1)[wrong], kind="stable")]
    assert [row[0] for row in rows] == wrong.tolist()
    for item, name, neighbour, neighbour_name, distance in rows:
        assert neighbour == nearest[item]
        assert (name, neighbour_name) == (f"glyph {labels[item]}", f"glyph {labels[neighbour]}")
        np.testing.assert_allclose(distance, distances[item, neighbour], rtol=1e-3, atol=1e-5)
    assert confusions(run, most=3) == rows[:3]


def test_an_item_alone_in_its_class_is_no_confusion(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "run", "triplet", 1, {}, classes=3, per_class=1))
    assert confusions(run) == []
