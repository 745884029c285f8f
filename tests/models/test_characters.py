"""Features of spelling, by hand and whatever stands beside a word."""

import pytest
import torch

from embedlab.errors import BadInput
from embedlab.models.characters import CharacterCnn, CharacterLstm, embeddings


@pytest.fixture
def cnn():
    torch.manual_seed(0)
    return CharacterCnn(5, character_dim=3, features=4).double()


def test_a_convolution_and_its_greatest_value(cnn):
    word = torch.tensor([2, 4, 1])
    padded = torch.nn.functional.pad(cnn.embedding(word), (0, 0, 1, 1))
    weight, bias = cnn.convolution.weight, cnn.convolution.bias  # (features, dim, width)
    windows = torch.stack([torch.einsum("fdw,wd->f", weight, padded[at : at + 3]) + bias for at in range(3)])
    torch.testing.assert_close(cnn(word[None], torch.tensor([3]))[0], windows.max(0).values)


@pytest.mark.parametrize("kind", [CharacterCnn, CharacterLstm])
def test_a_word_is_the_same_beside_longer_ones(kind):
    torch.manual_seed(1)
    features = kind(9, character_dim=3, features=4).double()
    words = [[3], [1, 2, 3, 4, 5], [8, 8], [5, 4, 3, 2]]
    padded = torch.tensor([[*word, *[7] * (5 - len(word))] for word in words])  # what is beyond the end is not seen
    together = features(padded, torch.tensor([len(word) for word in words]))
    alone = torch.cat([features(torch.tensor([word]), torch.tensor([len(word)])) for word in words])
    torch.testing.assert_close(together, alone)
    assert together.shape == (4, 4)


def test_the_last_state_of_each_direction():
    torch.manual_seed(1)
    features = CharacterLstm(9, character_dim=3, features=4).double()
    word = torch.tensor([[1, 2, 3]])
    out, _ = features.cells(features.embedding(word))
    expected = torch.cat([out[0, -1, :2], out[0, 0, 2:]])
    torch.testing.assert_close(features(word, torch.tensor([3]))[0], expected)
    with pytest.raises(BadInput, match=r"model\.character_features=5: even"):
        CharacterLstm(9, character_dim=3, features=5)


def test_embeddings_begin_in_the_papers_range():
    torch.manual_seed(0)
    table = embeddings(1000, 30).weight
    assert table.abs().max() <= 0.1**0.5
    assert table.var().item() == pytest.approx(0.1 / 3, rel=0.02)
