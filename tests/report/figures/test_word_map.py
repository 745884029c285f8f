import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.report.figures import word_map
from embedlab.report.figures.word_map import place

RNG = np.random.default_rng(0)
GROUPS = np.repeat(["fruit", "tool", "city"], 8)
VECTORS = 6 * RNG.normal(size=(3, 10))[np.repeat(np.arange(3), 8)] + RNG.normal(size=(24, 10))


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_groups_stay_together_and_places_repeat(method):
    if method == "umap":
        pytest.importorskip("umap")
    places = place(VECTORS, method)
    assert (places.min(0), places.max(0)) == (pytest.approx([0, 0]), pytest.approx([1, 1]))
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1) + 9 * np.eye(24)
    assert (GROUPS[distances.argmin(1)] == GROUPS).all()
    np.testing.assert_array_equal(places, place(VECTORS, method))


def test_the_length_of_vectors_does_not_matter():
    np.testing.assert_allclose(place(VECTORS * RNG.uniform(1, 9, (24, 1)), "pca"), place(VECTORS, "pca"), atol=1e-4)


def test_the_figure_names_words_and_groups(tmp_path):
    words = [f"word{n}" for n in range(24)]
    figure = word_map(words, VECTORS, tmp_path, GROUPS.tolist(), "pca")
    assert sum(f">{word}<" in figure.svg for word in words) > 12
    assert all(group in figure.svg for group in GROUPS)
    assert (tmp_path / "word_map.png").stat().st_size > 5000


def test_labels_that_would_cover_another_are_left_out(tmp_path):
    vectors = np.concatenate([np.tile([[1.0, 0, 0]], (20, 1)), [[0, 1, 0], [0, 0, 1]]])
    figure = word_map([f"word{n}" for n in range(22)], vectors, tmp_path, method="pca")
    shown = [n for n in range(22) if f">word{n}<" in figure.svg]
    assert 0 < len(shown) < 22
    assert {20, 21} <= set(shown)  # these stand alone


def test_an_unknown_method():
    with pytest.raises(BadInput, match="mds: no such map of words; there are pca, tsne, umap"):
        place(VECTORS, "mds")
