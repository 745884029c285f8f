import pytest
import torch
from torch import nn

from embedlab.errors import BadInput
from embedlab.running.checkpoints import check_checkpoint


def test_a_checkpoint_that_fits_is_given_back(tmp_path):
    model = nn.Linear(2, 3)
    torch.save({"state_dict": model.state_dict()}, tmp_path / "x.ckpt")
    loaded = check_checkpoint(tmp_path / "x.ckpt", nn.Linear(2, 3))
    assert torch.equal(loaded["state_dict"]["weight"], model.weight)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"state_dict": {"weight": torch.zeros(3, 2)}}, "lacks bias"),
        ({"state_dict": {"weight": torch.zeros(3, 2), "bias": torch.zeros(3), "z": torch.zeros(1)}}, "model lacks z"),
        (
            {"state_dict": {"weight": torch.zeros(4, 2), "bias": torch.zeros(4)}},
            r"weight is \(4, 2\) there and \(3, 2\) here",
        ),
        ({"weight": torch.zeros(3, 2)}, "no state_dict"),
    ],
)
def test_a_checkpoint_of_something_else_says_what_differs(tmp_path, content, says):
    torch.save(content, tmp_path / "x.ckpt")
    with pytest.raises(BadInput, match=says):
        check_checkpoint(tmp_path / "x.ckpt", nn.Linear(2, 3))
