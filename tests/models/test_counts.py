"""Count vectors against matrices worked out by hand and by NumPy."""

import numpy as np
import pytest
import torch
from scipy import sparse

from embedlab.errors import BadInput
from embedlab.models.counts import Counts, ppmi, tf_idf, truncated_svd

# "a b a c" and "c c", each word with its direct neighbours.
HAND = np.array([[0, 2, 1], [2, 0, 0], [1, 0, 2]], np.float32)


def cells_of(matrix):
    rows, columns = np.nonzero(matrix)
    return lambda by_distance: (rows.astype(np.int32), columns.astype(np.int32), matrix[rows, columns])


def counted(matrix, **options):
    model = Counts(len(matrix), **options)
    left_out = model.take(cells_of(matrix))
    words = [f"w{n}" for n in range(len(matrix))]
    return model.word_vectors(words, np.ones(len(matrix))), left_out


def random_counts(words=40):
    draw = np.random.default_rng(0)
    half = draw.poisson(0.3, (words, words)) * draw.integers(1, 9, (words, words))
    return (half + half.T + np.eye(words)).astype(np.float32)


def test_by_hand():
    log = np.log
    expected = {
        "one_hot": np.eye(3),
        "raw": HAND,
        # Near a stand two of the three words, near b one, near c two.
        "tfidf": [[0, 2 * log(3), log(1.5)], [2 * log(1.5), 0, 0], [log(1.5), 0, 2 * log(1.5)]],
        # P(a, b) = 2/8, P(a) = P(c) = 3/8, P(b) = 2/8; a and c stand together less than by chance.
        "ppmi": [[0, log(2 * 8 / 6), 0], [log(2 * 8 / 6), 0, 0], [0, 0, log(2 * 8 / 9)]],
    }
    for weighting, matrix in expected.items():
        vectors, left_out = counted(HAND, weighting=weighting, smoothing=1.0)
        assert vectors.is_sparse
        np.testing.assert_allclose(vectors.vectors.toarray(), matrix, rtol=1e-6, err_msg=weighting)
        assert left_out == 0
        assert vectors.vectors.nnz == np.count_nonzero(matrix)
        assert vectors.training == {"weighting": weighting}


@pytest.mark.parametrize(("shift", "smoothing"), [(1.0, 0.75), (5.0, 0.75), (2.0, 0.5)])
def test_ppmi_by_its_definition(shift, smoothing):
    counts = random_counts()
    counts[:, 7] = counts[7] = 0  # a word that stands near none
    joint = counts / counts.sum()
    context = counts.sum(0) ** smoothing / (counts.sum(0) ** smoothing).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(joint / (joint.sum(1, keepdims=True) * context)) - np.log(shift)
    expected = np.nan_to_num(np.maximum(information, 0), nan=0.0)
    found = ppmi(sparse.csr_matrix(counts), shift, smoothing)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-4, atol=1e-6)
    assert (found.data > 0).all()
    assert 0 < found.nnz < np.count_nonzero(counts)


def test_tf_idf_by_its_definition():
    counts = random_counts()
    counts[:, 3] = 1  # near all words: it tells nothing
    expected = counts * np.log(len(counts) / (counts > 0).sum(0))
    found = tf_idf(sparse.csr_matrix(counts))
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-5)
    assert not found[:, 3].nnz


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_svd_as_numpy_has_it(power):
    matrix = ppmi(sparse.csr_matrix(random_counts()))
    left, strengths, _ = np.linalg.svd(matrix.toarray())
    vectors, left_out = counted(random_counts(), dimension=7, power=power)
    expected = left[:, :7] * strengths[:7] ** power
    assert not vectors.is_sparse
    signs = np.sign((vectors.vectors * expected).sum(0))  # a singular vector is known but for its sign
    np.testing.assert_allclose(vectors.vectors, expected * signs, atol=2e-4)
    assert left_out == pytest.approx(1 - (strengths[:7] ** 2).sum() / (strengths**2).sum(), abs=1e-5)
    again = truncated_svd(matrix, 7)
    assert all(np.array_equal(*pair) for pair in zip(truncated_svd(matrix, 7), again, strict=True))


@pytest.mark.parametrize("dimension", [None, 5])
def test_a_checkpoint_holds_all(dimension, tmp_path):
    counts = random_counts()
    model = Counts(len(counts), dimension=dimension)
    model.take(cells_of(counts))
    torch.save(model.state_dict(), tmp_path / "model")
    again = Counts(len(counts), dimension=dimension)
    state = torch.load(tmp_path / "model", weights_only=True)
    assert state["vectors"].shape == again.state_dict()["vectors"].shape
    again.load_state_dict(state)
    words = [f"w{n}" for n in range(len(counts))]
    first, second = (m.word_vectors(words, np.ones(len(counts))) for m in (model, again))
    assert np.array_equal(first[words], second[words])
    assert first[words].any()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weighting": "pmi"}, "model.weighting=pmi: no such weighting; there are one_hot, raw, tfidf, ppmi"),
        ({"dimension": 40}, "model.dimension=40: from 1 to 39, below the 40 words of the text, or null"),
        ({"dimension": 0}, "model.dimension=0: from 1 to 39"),
        ({"weighting": "one_hot", "dimension": 3}, "take model.dimension=null"),
        ({"window": 0}, "model.window=0"),
        ({"shift": 0}, "model.shift=0"),
        ({"shift": 1e9}, "model.weighting=ppmi: all weights are zero"),
    ],
)
def test_what_is_refused(options, said):
    with pytest.raises(BadInput, match=said):
        counted(random_counts(), **options)
