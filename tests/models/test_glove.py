import numpy as np
import pytest
import torch

from embedlab.errors import BadInput
from embedlab.models.glove import Glove


def test_starts_as_the_authors_program():
    torch.manual_seed(0)
    model = Glove(500, embedding_dim=20)
    assert [table.shape for table in model.tables] == [(500, 32), (500, 32), (500,), (500,)] * 2
    for table in model.tables[:4]:
        assert np.abs(table).max() == pytest.approx(1 / 40, rel=0.02)
        assert table[..., 20:].any() == (table.ndim == 1)
        assert abs(table.mean()) < 1 / 400
    assert all((table == 1).all() for table in model.tables[4:])
    assert len(model.state_dict()) == 8


def test_a_vector_is_the_sum_of_word_and_context():
    model = Glove(3, embedding_dim=2)
    model.words[:, :2] = torch.tensor([[1.0, 2], [3, 4], [5, 6]])
    model.contexts[:, :2] = torch.tensor([[10.0, 0], [0, 10], [1, 1]])
    vectors = model.word_vectors(["a", "b", "c"], np.array([3, 2, 1]), {"window": 10})
    assert vectors.vectors.tolist() == [[11, 2], [3, 14], [6, 7]]
    assert vectors.training == {"window": 10}


@pytest.mark.parametrize("wrong", [{"embedding_dim": 0}, {"window": 0}])
def test_sizes_are_at_least_one(wrong):
    with pytest.raises(BadInput, match="both are at least 1"):
        Glove(5, **wrong)
