import numpy as np
import pytest
from scipy import sparse

from embedlab.evaluation.word_analogies import Analogies, Question, WordAnalogies
from embedlab.evaluation.word_categories import CategorizedWords
from embedlab.evaluation.word_similarity import WordPairs
from embedlab.evaluation.words import analogy_arrays, evaluate_words, word_results
from embedlab.vectors import WordVectors


def test_every_kind_of_set_at_once():
    vectors = WordVectors(["a", "b", "c", "d"], np.array([[1, 0], [1, 1], [-1, 0.1], [-1, 1.1]]))
    sets = {
        "pairs": WordPairs(("a", "a", "a"), ("b", "c", "d"), np.array([3.0, 1, 2])),
        "related": WordPairs(("a", "a"), ("b", "c"), np.array([1.0, 0])),
        "questions": Analogies({"x": [Question("a", "b", "c", "d")]}),
        "kinds": CategorizedWords(("a", "b", "c", "d"), ("x", "x", "y", "y")),
    }
    found = evaluate_words(vectors, sets, analogies=WordAnalogies(methods=["3cosadd"]))
    assert {name: round(estimate.value, 6) for name, estimate in found.items()} == {
        "pairs_spearman": 1, "pairs_coverage": 1, "related_average_precision": 1, "related_coverage": 1,
        "questions_3cosadd": 1, "questions_coverage": 1, "kinds_purity": 1, "kinds_coverage": 1,
    }  # fmt: skip


def test_analogies_by_section():
    vectors = WordVectors(["a", "b", "c", "d"], np.array([[1, 0], [1, 1], [-1, 0.1], [-1, 1.1]]))
    right, wrong, unknown = (Question("a", "b", "c", "d"), Question("a", "b", "c", "a"), Question("a", "b", "c", "e"))
    sets = {
        "pairs": WordPairs(("a", "a"), ("b", "c"), np.array([3.0, 1])),
        "first": Analogies({"x": [right, unknown], "nothing known": [unknown]}),
        "second": Analogies({"y": [right, wrong]}),
    }
    found = analogy_arrays(word_results(vectors, sets, analogies=WordAnalogies(methods=["3cosadd"])))
    rows = zip(*(found[f"analogy_{name}"].tolist() for name in ("set", "section", "asked", "counted")), strict=True)
    assert list(rows) == [("first", "x", 2, 1), ("first", "nothing known", 1, 0), ("second", "y", 2, 2)]
    assert np.array_equal(found["analogy_3cosadd"][:, 0], [1, np.nan, 0.5], equal_nan=True)
    assert set(found) == {f"analogy_{name}" for name in ("set", "section", "asked", "counted", "3cosadd")}
    assert analogy_arrays({}) == {}


def test_sparse_vectors_have_the_figures_of_dense_ones():
    draw = np.random.default_rng(0)
    words = [f"w{n}" for n in range(400)]
    rows = draw.exponential(size=(400, 200)) * (draw.random((400, 200)) < 0.1)
    rows[:200:2] += 3 * (np.arange(200) < 20)  # two kinds of words, which k-means finds
    picked = draw.integers(0, 400, (4, 150))
    pairs = [[words[n] for n in column] for column in picked]
    kinds = tuple("xy"[n % 2] for n in range(200))
    sets = {
        "pairs": WordPairs(tuple(pairs[0]), (*pairs[1][1:], "unknown"), draw.random(150)),
        "questions": Analogies({"x": [Question(*items) for items in zip(*pairs, strict=True)]}),
        "kinds": CategorizedWords(tuple(words[:200]), kinds),
    }
    thin, full = (evaluate_words(WordVectors(words, matrix), sets) for matrix in (sparse.csr_matrix(rows), rows))
    assert {name: estimate.value for name, estimate in thin.items()} == pytest.approx(
        {name: estimate.value for name, estimate in full.items()}
    )
    assert thin["kinds_purity"].value == 1
