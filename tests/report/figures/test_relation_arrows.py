import numpy as np
import pytest

from embedlab.report.figures import Relation, relation_arrows
from embedlab.report.figures.relation_arrows import plane

PAIRS = [("France", "Paris"), ("Italy", "Rome"), ("Japan", "Tokyo"), ("Cuba", "Havana")]
FIRST = np.random.default_rng(0).normal(size=(4, 8))
OFFSET = np.linspace(-1, 2, 8)


def test_agreement_is_the_mean_cosine_of_different_arrows():
    assert Relation(PAIRS, FIRST, FIRST + OFFSET).agreement == pytest.approx(1)
    second = np.random.default_rng(1).normal(size=(4, 8))
    units = (second - FIRST) / np.linalg.norm(second - FIRST, axis=1, keepdims=True)
    cosines = units @ units.T
    assert Relation(PAIRS, FIRST, second).agreement == pytest.approx(cosines[~np.eye(4, dtype=bool)].mean())


def test_the_plane_keeps_what_lies_in_it_and_parallel_arrows_parallel():
    basis = np.linalg.qr(np.random.default_rng(2).normal(size=(8, 2)))[0]
    flat = FIRST[:, :2]
    starts, ends = plane(flat @ basis.T + 3, (flat + np.array([2, 1])) @ basis.T + 3)
    arrows = ends - starts
    np.testing.assert_allclose(arrows, arrows[:1].repeat(4, 0), atol=1e-9)
    assert np.linalg.norm(arrows[0]) == pytest.approx(5**0.5)
    assert (arrows[0] >= 0).all()
    np.testing.assert_allclose(
        np.linalg.norm(starts[0] - starts[1:], axis=1), np.linalg.norm(flat[0] - flat[1:], axis=1)
    )


def test_the_figure_names_all_words(tmp_path):
    relation = Relation(PAIRS, FIRST, FIRST + OFFSET)
    figure = relation_arrows({"capitals": relation, "again": relation}, tmp_path)
    assert all(word in figure.svg for pair in PAIRS for word in pair)
    assert "capitals 1.00" in figure.caption
    assert (tmp_path / "relation_arrows.png").stat().st_size > 5000
