"""Vectors of several senses a word, against the formulas written out."""

import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.kernels.adagram import expected_pi
from embedlab.text.huffman import HuffmanTree
from embedlab.vectors import SenseVectors, load, save

WORDS = ["apple", "pie", "mac", "pear", "byte"]
COUNTS = np.array([50, 20, 18, 10, 9])
ALPHA = 0.1


@pytest.fixture
def vectors():
    draw = np.random.default_rng(0)
    senses, nodes = draw.normal(size=(5, 3, 4)), draw.normal(size=(5, 4))
    senses[1, 0], senses[2, 0] = senses[0, 0] * 2, senses[0, 1] * 3  # pie is as apple (1), mac as apple (2)
    sense_counts = np.array([[15, 34.8, 0.2], [20, 0, 0], [18, 0, 0], [10, 0, 0], [9, 0, 0.0]])
    return SenseVectors(WORDS, senses, nodes, sense_counts, COUNTS, ALPHA, training={"loss": "hs"})


def test_a_word_stands_for_its_likeliest_sense(vectors):
    np.testing.assert_array_equal(vectors["apple"], vectors.senses[0, 1])
    np.testing.assert_array_equal(vectors["pie"], vectors.senses[1, 0])
    assert vectors.most_similar("apple", topn=1) == [("mac", pytest.approx(1))]
    assert vectors.similarity("apple (1)", "pie") == pytest.approx(1)
    assert "apple (1)" in vectors
    assert "apple (3)" not in vectors


def test_the_senses_there_are(vectors):
    """apple (3) was never met, and the other words' second senses have nothing but the prior's share."""
    pi = expected_pi(vectors.sense_counts[0], ALPHA)
    assert vectors.expected_pi("apple") == pytest.approx(pi)
    assert vectors.senses_of("apple") == {"apple (1)": pytest.approx(pi[0]), "apple (2)": pytest.approx(pi[1])}
    assert vectors.expected_pi("byte")[1] > vectors.min_probability
    assert list(vectors.senses_of("byte")) == ["byte (1)"]
    assert vectors.by_sense.index_to_key == ["apple (1)", "apple (2)", "pie (1)", "mac (1)", "pear (1)", "byte (1)"]
    assert vectors.by_sense.most_similar("apple (2)", topn=1) == [("mac (1)", pytest.approx(1))]
    with pytest.raises(BadInput, match=r"'aple' is not among the 5 words; 'apple' is"):
        vectors.senses_of("aple")


def test_disambiguation_is_bayes_rule(vectors):
    tree, pi = HuffmanTree.of(COUNTS), vectors.expected_pi("apple")

    def likelihood(word, sense):
        at = slice(tree.bounds[word], tree.bounds[word + 1])
        signs = 1 - 2.0 * tree.codes[at]
        return np.prod(1 / (1 + np.exp(-signs * (vectors.outputs[tree.points[at]] @ vectors.senses[0, sense]))))

    assert sum(likelihood(word, 0) for word in range(5)) == pytest.approx(1)
    joint = np.array([pi[k] * likelihood(1, k) * likelihood(3, k) if k < 2 else 0 for k in range(3)])
    found = vectors.disambiguate("apple", ["pie", "unheard", "pear"])
    np.testing.assert_allclose(found, joint / joint.sum(), rtol=1e-6)
    assert vectors.senses_of("apple", ["pie", "apple", "pear"]) == {
        "apple (1)": pytest.approx(found[0]), "apple (2)": pytest.approx(found[1]),
    }  # fmt: skip
    prior = pi[:2] / pi[:2].sum()
    np.testing.assert_allclose(vectors.disambiguate("apple", []), [*prior, 0])


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_everything_comes_back(ending, vectors, tmp_path):
    save(vectors, tmp_path / f"v.{ending}")
    read = load(tmp_path / f"v.{ending}")
    assert isinstance(read, SenseVectors)
    assert (read.index_to_key, read.training) == (WORDS, {"loss": "hs"})
    assert (read.alpha, read.min_probability) == (ALPHA, 1e-3)
    for name in ("vectors", "counts", "outputs", "senses", "sense_counts"):
        np.testing.assert_array_equal(getattr(read, name), getattr(vectors, name))
    context = ["pie", "pear"]
    np.testing.assert_array_equal(read.disambiguate("apple", context), vectors.disambiguate("apple", context))


def test_what_does_not_go_together(vectors):
    of = vectors.senses, vectors.outputs, vectors.sense_counts
    with pytest.raises(BadInput, match=r"4 words, but senses \(5, 3, 4\)"):
        SenseVectors(WORDS[:4], *of, COUNTS[:4], ALPHA)
    broken = vectors.senses.copy()
    broken[2, 1, 0] = np.nan
    with pytest.raises(BadInput, match=r"a sense of 'mac' \(row 2\) holds NaN"):
        SenseVectors(WORDS, broken, *of[1:], COUNTS, ALPHA)
