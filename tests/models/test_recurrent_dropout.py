"""What is dropped where, how often, and for how long."""

import pytest
import torch
from torch import nn

from embedlab.errors import BadInput
from embedlab.models.recurrent_dropout import LockedDropout, RecurrentDropout


def test_locked_dropout_is_the_same_at_all_steps_of_a_row():
    torch.manual_seed(0)
    drop = LockedDropout(0.3)
    x = torch.ones(40, 7, 50)
    y = drop(x)
    assert torch.equal(y, y[:, :1].expand_as(y))
    assert not torch.equal(y[0], y[1])
    assert (y == 0).float().mean() == pytest.approx(0.3, abs=0.03)
    torch.testing.assert_close(y[y != 0], torch.full_like(y[y != 0], 1 / 0.7))
    assert torch.equal(drop.eval()(x), x)


def test_one_number_is_for_what_goes_up():
    assert RecurrentDropout.of(0.5) == RecurrentDropout(inputs=0.5, layers=0.5, outputs=0.5)
    assert RecurrentDropout.of({"words": 0.1, "locked": True}) == RecurrentDropout(words=0.1, locked=True)
    assert isinstance(RecurrentDropout(locked=True).module(0.2), LockedDropout)
    assert isinstance(RecurrentDropout().module(0.2), nn.Dropout)


@pytest.mark.parametrize(
    ("given", "said"), [(1.0, r"model\.dropout=1.0"), ({"words": -1}, r"model\.dropout\.words=-1")]
)
def test_probabilities(given, said):
    with pytest.raises(BadInput, match=f"{said}: a probability, at least 0 and below 1"):
        RecurrentDropout.of(given)
