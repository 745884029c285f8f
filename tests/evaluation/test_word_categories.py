import numpy as np
import pytest

from embedlab.evaluation.word_categories import CategorizedWords, WordCategories
from embedlab.vectors import WordVectors

VECTORS = WordVectors(["apple", "pear", "plum", "saw", "drill", "axe"], np.array(
    [[1, 0.1], [1, 0], [5, 0.2], [0, 1], [0.1, 2], [0, 1]], float
))  # fmt: skip


def test_purity_and_coverage():
    words = ("Apple", "pear", "plum", "saw", "drill", "axe", "hammer")
    result = WordCategories()(VECTORS, CategorizedWords(words, ("fruit",) * 3 + ("tool",) * 4))
    assert result.metrics()["purity"].value == 1
    assert result.metrics()["coverage"].value == pytest.approx(6 / 7)
    result = WordCategories()(VECTORS, CategorizedWords(words, ("x", "x", "y", "y", "y", "y", "y")))
    assert result.metrics()["purity"].value == pytest.approx(5 / 6)


def test_no_word_is_known():
    result = WordCategories()(VECTORS, CategorizedWords(("hammer",), ("tool",)))
    assert {name: estimate.value for name, estimate in result.metrics().items()} == {"coverage": 0}
