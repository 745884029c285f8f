"""Sparse vectors answer as the same dense ones do."""

import numpy as np
import pytest
from scipy import sparse

from embedlab.errors import BadInput
from embedlab.vectors import WordVectors, load, save
from embedlab.vectors.word_vectors import products

WORDS = [f"w{n}" for n in range(600)]


@pytest.fixture(scope="module")
def pair():
    draw = np.random.default_rng(0)
    rows = draw.exponential(size=(600, 300)) * (draw.random((600, 300)) < 0.05)
    rows[17] = 0
    return WordVectors(WORDS, sparse.csr_matrix(rows), np.arange(600, 0, -1)), WordVectors(WORDS, rows)


def test_the_same_answers(pair):
    thin, full = pair
    assert (thin.is_sparse, full.is_sparse) == (True, False)
    assert thin.vector_size == full.vector_size == 300
    np.testing.assert_array_equal(thin["w3"], full["w3"])
    np.testing.assert_array_equal(thin[["w3", "w17"]], full[["w3", "w17"]])
    np.testing.assert_allclose(thin.normed.toarray(), full.normed, atol=1e-7)
    assert sparse.issparse(thin.normed)
    assert thin.similarity("w1", "w2") == pytest.approx(full.similarity("w1", "w2"), abs=1e-6)
    assert thin.similarity("w1", "w17") == 0
    assert thin.doesnt_match(WORDS[:9]) == full.doesnt_match(WORDS[:9])
    for found, expected in (
        (thin.most_similar("w5"), full.most_similar("w5")),
        (thin.most_similar(["w5", "w6"], "w7", restrict_vocab=100), full.most_similar(["w5", "w6"], "w7", 10, 100)),
        (thin.analogy("w8", "w9", "w10", cosmul=True), full.analogy("w8", "w9", "w10", cosmul=True)),
    ):
        assert [word for word, _ in found] == [word for word, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-6)
    scores = thin.most_similar("w5", topn=None)
    assert scores.shape == (600,)


def test_products_of_many_rows(pair):
    thin, full = pair
    np.testing.assert_allclose(
        products(thin.vectors, thin.vectors[:50]), full.vectors @ full.vectors[:50].T, rtol=1e-5, atol=1e-5
    )


def test_nan_is_named():
    rows = sparse.csr_matrix(np.array([[0, 0, 1], [0, 0, 0], [2, np.nan, 0]]))
    with pytest.raises(BadInput, match=r"the vector of 'c' \(row 2\) holds NaN"):
        WordVectors(["a", "b", "c"], rows)
    with pytest.raises(BadInput, match="2 words, but vectors"):
        WordVectors(["a", "b"], rows)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_they_come_back_from_a_file(pair, ending, tmp_path):
    thin, _ = pair
    save(thin, tmp_path / f"v.{ending}")
    read = load(tmp_path / f"v.{ending}")
    assert read.is_sparse
    assert (read.vectors != thin.vectors).nnz == 0
    assert read.vector_size == 300
    np.testing.assert_array_equal(read.counts, thin.counts)
    assert (tmp_path / f"v.{ending}").stat().st_size < 100_000  # dense they are 720,000


def test_damage_is_named(pair, tmp_path):
    save(pair[0], tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz") as arrays:
        found = dict(arrays)
    found["vectors_indices"][5] = 300  # beyond the last column
    np.savez(tmp_path / "v.npz", **found)
    with pytest.raises(BadInput, match="cut short, or not word vectors"):
        load(tmp_path / "v.npz")


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.bin"])
def test_formats_without_sparse_vectors(pair, name, tmp_path):
    with pytest.raises(BadInput, match=r"no sparse vectors, .* 300 numbers .*; npz and safetensors have"):
        save(pair[0], tmp_path / name)
    assert not (tmp_path / name).exists()
