"""Vectors of tokens: learned, from a file, dropped as a whole, or one-hot."""

import numpy as np
import pytest
import torch

from embedlab.errors import BadInput
from embedlab.models.token_inputs import OneHot, TokenEmbedding
from embedlab.vectors import WordVectors, save

WORDS = ["the", "dog", "<eos>", "cat"]


def test_a_token_is_dropped_at_all_its_places():
    torch.manual_seed(0)
    embedding = TokenEmbedding(200, 3, dropout=0.25)
    tokens = torch.arange(200).repeat(4, 1).T
    found = embedding(tokens)
    dropped = (found == 0).all(-1)
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert dropped[:, 0].float().mean() == pytest.approx(0.25, abs=0.08)
    torch.testing.assert_close(found[~dropped], embedding.weight[tokens][~dropped] / 0.75)
    assert torch.equal(embedding.eval()(tokens), embedding.weight[tokens])


def test_it_starts_from_a_file_and_others_stay(tmp_path):
    theirs = np.arange(6, dtype=np.float32).reshape(2, 3)
    path = str(tmp_path / "v.npz")
    save(WordVectors(["cat", "dog"], theirs), path)
    embedding = TokenEmbedding(4, 3, vectors=path, freeze=True)
    before = embedding.weight.detach().clone()
    embedding.start_from(path, WORDS)
    assert torch.equal(embedding.weight[[3, 1]], torch.from_numpy(theirs))
    assert torch.equal(embedding.weight[[0, 2]], before[[0, 2]])
    assert not embedding.weight.requires_grad
    with pytest.raises(BadInput, match=r"vectors of 3 numbers, and the model's are of 5; take model.embedding_dim=3"):
        TokenEmbedding(4, 5).start_from(path, WORDS)
    with pytest.raises(BadInput, match="none of its words is in the text, as 'cat'"):
        TokenEmbedding(4, 3).start_from(path, ["a", "b", "c", "d"])


def test_one_hot():
    inputs = OneHot(3)
    assert inputs(torch.tensor([[2, 0]])).tolist() == [[[0, 0, 1], [1, 0, 0]]]
    assert inputs.double()(torch.tensor([1])).dtype == torch.float64
    assert not inputs.state_dict()
