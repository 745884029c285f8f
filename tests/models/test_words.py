"""Word models that start from the vectors of a file."""

import numpy as np
import pytest
import torch
from scipy import sparse

from embedlab.errors import BadInput
from embedlab.models.words import SkipGram
from embedlab.vectors import SubwordVectors, WordVectors, save

WORDS = ["cat", "new", "dog"]
NGRAMS = {"minn": 2, "maxn": 3, "bucket": 5}


def saved(path, training=None, subwords=None, outputs=True):
    """Vectors of dog, cat and sun: 1, 2, 3 all along, and outputs ten times that."""
    numbers = np.array([1, 2, 3], np.float32)[:, None] * np.ones((1, 4), np.float32)
    save(WordVectors(["dog", "cat", "sun"], numbers, None, subwords, 10 * numbers if outputs else None, training), path)
    return str(path)


def model(**more):
    torch.manual_seed(0)
    return SkipGram(len(WORDS), 4, **more)


def test_known_words_have_the_file_s_rows_and_new_ones_their_own(tmp_path):
    start, before = model(), model()
    start.start_from(saved(tmp_path / "v.npz"), WORDS, "ns")
    assert start.inputs[[0, 2], :4].tolist() == [[2] * 4, [1] * 4]
    assert start.outputs[:, :4].tolist() == [[20] * 4, [0] * 4, [10] * 4]
    assert torch.equal(start.inputs[1], before.inputs[1])
    assert not start.inputs[:, 4:].any()


@pytest.mark.parametrize(
    ("loss", "training", "outputs"),
    [("hs", {"loss": "ns"}, True), ("ns", {"loss": "hs"}, True), ("ns", {}, False)],
)
def test_outputs_of_nodes_are_not_those_of_words(tmp_path, loss, training, outputs):
    start = model()
    start.start_from(saved(tmp_path / "v.npz", training, outputs=outputs), WORDS, loss)
    assert start.inputs[0, :4].tolist() == [2] * 4
    assert not start.outputs.any()


def test_ngrams_are_taken_with_the_words_own_rows(tmp_path):
    own = np.arange(12, dtype=np.float32).reshape(3, 4)
    ngrams = 100 + np.arange(20, dtype=np.float32).reshape(5, 4)
    path = saved(tmp_path / "v.bin", subwords=SubwordVectors(own, ngrams, 2, 3))
    start = model(subwords=NGRAMS)
    start.start_from(path, WORDS, "ns")
    assert np.array_equal(start.inputs[[0, 2], :4], own[[1, 0]])
    assert np.array_equal(start.inputs[3:, :4], ngrams)
    with pytest.raises(
        BadInput, match=r"take model\.subwords\.minn=2 model\.subwords\.maxn=3 model\.subwords\.bucket=5$"
    ):
        model(subwords=NGRAMS | {"bucket": 6}).start_from(path, WORDS, "ns")
    plain = model()
    plain.start_from(path, WORDS, "ns")  # without subwords: the vectors, as `save` was given them
    assert torch.isfinite(plain.inputs).all()


def test_what_does_not_fit_is_said(tmp_path):
    path = saved(tmp_path / "v.npz")
    with pytest.raises(BadInput, match=r"v\.npz: vectors of 4 numbers, .* of 6; take model\.embedding_dim=4$"):
        SkipGram(3, 6).start_from(path, WORDS, "ns")
    with pytest.raises(BadInput, match="none of its words is in the text, as 'dog'"):
        model().start_from(path, ["a", "b", "c"], "ns")
    with pytest.raises(BadInput, match=r"none\.bin: No such file") as raised:
        model().start_from("none.bin", WORDS, "ns")
    assert raised.value.__cause__ is not raised.value
    save(WordVectors(WORDS, sparse.eye(len(WORDS), 4)), tmp_path / "sparse.npz")
    with pytest.raises(BadInput, match="sparse vectors, of counts; training goes on from dense ones"):
        model().start_from(str(tmp_path / "sparse.npz"), WORDS, "ns")
