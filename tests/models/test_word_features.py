"""What stands for a word: its own embedding, vectors of a file, its spelling."""

import numpy as np
import pytest
import torch

from embedlab.batch import SentenceBatch
from embedlab.errors import BadInput
from embedlab.models.word_features import PretrainedVectors, WordFeatures
from embedlab.text.lexicon import Lexicon
from embedlab.vectors import SubwordVectors, WordVectors, save

LEXICON = Lexicon(["<unk>", "a", "dog"], ["<unk>", "a", "d", "o", "g"], ["D", "N"], lower=False)


@pytest.fixture
def batch():
    return SentenceBatch.of(LEXICON, [["a", "dog"], ["cow", "a"]])


def test_features_stand_side_by_side(batch, tmp_path):
    save(WordVectors(["dog", "cow"], np.array([[1, 2], [3, 4]], np.float32)), tmp_path / "v.txt")
    torch.manual_seed(0)
    features = WordFeatures(3, 5, 4, str(tmp_path / "v.txt"), "cnn", 3, 6)
    found = features(batch)
    assert features.dim == found.shape[1] == 4 + 2 + 6
    assert torch.equal(found[:, :4], features.own.weight[[1, 2, 0]])
    assert found[:, 4:6].tolist() == [[0, 0], [1, 2], [3, 4]]
    assert torch.equal(found[:, 6:], features.spelling(batch.characters, batch.spelled))
    alone = WordFeatures(3, 5, 0, str(tmp_path / "v.txt"), None)
    assert alone.dim == 2
    assert not list(alone.parameters())
    assert not alone.state_dict()  # vectors are in their file


def test_unknown_words_have_vectors_of_their_case_and_of_their_subwords(tmp_path):
    save(WordVectors(["dog"], np.array([[1, 2]], np.float32)), tmp_path / "v.txt")
    assert PretrainedVectors(str(tmp_path / "v.txt"))(("Dog", "dogs", "DOG")).tolist() == [[1, 2], [0, 0], [1, 2]]
    rng = np.random.default_rng(0)
    subwords = SubwordVectors(
        rng.normal(size=(1, 2)).astype(np.float32), rng.normal(size=(50, 2)).astype(np.float32), 3, 4
    )
    vectors = WordVectors(["dog"], subwords.of_words(["dog"]), np.array([1]), subwords)
    save(vectors, tmp_path / "v.bin")
    found = PretrainedVectors(str(tmp_path / "v.bin")).double()(("Dog", "dogs", "DOGS"))
    expected = np.stack([vectors["dog"], subwords.of_unseen("dogs"), subwords.of_unseen("dogs")])
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
    assert found.dtype == torch.float64
    save(WordVectors(["Dog"], vectors.vectors, np.array([1]), subwords), tmp_path / "cased.bin")
    (cased,) = PretrainedVectors(str(tmp_path / "cased.bin"))(("DOGS",))  # where case says something
    np.testing.assert_allclose(cased.numpy(), subwords.of_unseen("DOGS"), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"characters": "rnn"}, r"model\.characters=rnn: there are cnn, lstm, and null for none"),
        ({"embedding_dim": 0, "characters": None}, r"model\.embedding_dim=0: nothing is left to know a word by"),
        ({"embedding_dim": -1}, r"model\.embedding_dim=-1"),
        ({"vectors": "nowhere.bin"}, r"nowhere\.bin"),
    ],
)
def test_what_cannot_be(arguments, said):
    with pytest.raises(BadInput, match=said):
        WordFeatures(3, 5, **arguments)
