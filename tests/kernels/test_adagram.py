import numpy as np
import pytest
from scipy.special import digamma

from embedlab.kernels import adagram, reference
from embedlab.kernels.adagram import disambiguate, expected_pi, senses_in_use, train_adagram
from embedlab.kernels.hierarchical_softmax import path_targets
from embedlab.kernels.vector_tiles import zeros
from embedlab.kernels.word_random import keep_thresholds, stream

SENSES = 4


def balanced_paths(words):
    """A balanced binary tree over 2^n words: node 2^d − 1 + prefix at depth d."""
    depth = words.bit_length() - 1
    points = [[(1 << d) - 1 + (word >> (depth - d)) for d in range(depth)] for word in range(words)]
    codes = [[word >> (depth - 1 - d) & 1 for d in range(depth)] for word in range(words)]
    return path_targets(np.ravel(points), np.ravel(codes)), np.arange(words + 1, dtype=np.int64) * depth


def model(counts, dim=20, senses=SENSES, scale=0.3):
    words = len(counts)
    draw = np.random.default_rng(0)
    vectors, nodes, sense_counts = zeros(words * senses, dim), zeros(words, dim), np.zeros((words, senses))
    vectors[:, :dim] = draw.normal(size=(words * senses, dim)) * scale
    nodes[:, :dim] = draw.normal(size=(words, dim)) * scale
    sense_counts[:, 0] = counts
    return vectors, nodes, sense_counts


def test_digamma():
    x = np.geomspace(1e-3, 1e6, 200)
    np.testing.assert_allclose([adagram._digamma(value) for value in x], digamma(x), rtol=1e-8, atol=1e-9)


def test_expected_pi_by_hand():
    """α = 0.5, n = (6, 3, 0): β₁ = 7 / 10.5, β₂ = 4 / 4.5, and the third takes what is left."""
    pi = expected_pi(np.array([[6.0, 3.0, 0.0], [0.0, 0.0, 0.0]]), 0.5)
    np.testing.assert_allclose(pi[0], [7 / 10.5, 3.5 / 10.5 * 4 / 4.5, 3.5 / 10.5 * 0.5 / 4.5])
    np.testing.assert_allclose(pi[1], [2 / 3, 2 / 9, 1 / 9])  # the prior: 1 / (1 + α) of what is left each time


def test_the_senses_there_are():
    """A second sense that was never met has 0.1 / 10.1 from the prior alone; one met twice in 5002 has about 4e-4."""
    counts = np.array([[9.0, 0, 0], [50, 30, 0.9], [5000, 2, 0], [0.4, 0.3, 0.2]])
    only_first = [True, False, False]
    assert senses_in_use(counts, 0.1, 1e-3).tolist() == [only_first, [True, True, False], only_first, only_first]
    assert senses_in_use(counts, 0.1, 1e-4)[2].tolist() == [True, True, False]


@pytest.mark.parametrize("words", [16, 1 << 13])  # paths of 4 nodes, and of more than a tile's eight
def test_equals_the_plain_loops(words):
    draw = np.random.default_rng(1)
    ids, offsets = draw.integers(0, 16, 400).astype(np.int32), np.array([0, 30, 31, 200, 400])
    ids *= words // 16
    counts = np.maximum(np.bincount(ids, minlength=words), 1)
    results = []
    for train in (train_adagram, reference.train_adagram):
        vectors, nodes, sense_counts = model(counts)
        sense_counts[:] = counts[:, None] * [0.6, 0.3, 0.1, 0]
        done = train(
            vectors, nodes, sense_counts, ids, offsets, 0, 4, 3, *balanced_paths(words), 0.1, 0.02,
            keep_thresholds(counts, 0.05), stream(1, 0), counts, alpha=0.2,
        )  # fmt: skip
        results.append((vectors, nodes, sense_counts, done))
    (vectors, nodes, sense_counts, done), plain = results
    np.testing.assert_allclose(vectors, plain[0], atol=1e-5)
    np.testing.assert_allclose(nodes, plain[1], atol=1e-5)
    np.testing.assert_allclose(sense_counts, plain[2], rtol=1e-5, atol=1e-5)
    assert done == (plain[3][0], pytest.approx(plain[3][1], rel=1e-5))
    np.testing.assert_allclose(sense_counts.sum(1), counts)


def test_a_word_of_two_senses_is_found_out():
    """Word 0 stands among words 1 to 7, or among 8 to 15; the others keep to their own kind, and have one sense."""
    draw = np.random.default_rng(2)
    sentences = []
    for _ in range(1000):
        kind = draw.integers(2)
        sentence = draw.integers(1, 8, 7) + (kind * 8 - (kind == 1))
        sentence[3] = 0 if draw.random() < 0.5 else sentence[3]
        sentences.append(sentence)
    ids, offsets = np.concatenate(sentences).astype(np.int32), np.arange(1001, dtype=np.int64) * 7
    counts = np.bincount(ids, minlength=16)
    vectors, nodes, sense_counts = model(np.maximum(counts, 1), scale=0.05)
    paths = balanced_paths(16)
    keep = keep_thresholds(np.maximum(counts, 1), 0)
    for epoch in range(10):
        train_adagram(
            vectors, nodes, sense_counts, ids, offsets, 0, 1000, 4, *paths, 0.05, 0.05, keep, stream(1, epoch), counts
        )
    pi = expected_pi(sense_counts, 0.1)
    assert (pi[0] > 0.2).sum() == 2
    assert ((pi[1:15] > 0.1).sum(1) == 1).all()
    first = disambiguate(vectors, nodes, sense_counts, 0, np.array([1, 4, 6]), *paths, 0.1)
    second = disambiguate(vectors, nodes, sense_counts, 0, np.array([9, 12, 14]), *paths, 0.1)
    assert first.sum() == pytest.approx(1)
    assert first.argmax() != second.argmax()
    assert first.max() > 0.9
    assert second.max() > 0.9
