"""The pieces of a run: pictures kept, checkpoints refused, dashboards closed."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pytorch_lightning.loggers import WandbLogger
from torch import nn

from embedlab.errors import BadInput
from embedlab.running.train import check_checkpoint, close_loggers, whole_classes


def test_pictures_are_kept_by_whole_classes():
    labels = np.repeat(np.arange(10), 5)
    rows = whole_classes(labels, most=23)
    assert len(rows) == 20
    assert set(np.unique(labels[rows], return_counts=True)[1]) == {5}
    assert np.array_equal(rows, np.sort(rows))
    assert len(whole_classes(labels, most=1000)) == 50
    assert len(whole_classes(labels, most=1)) == 5  # at least one class


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


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_dashboard_run_ends_with_the_true_exit_code_once(exit_code):
    codes = []

    class Dashboard(WandbLogger):
        def __init__(self):
            self._experiment = SimpleNamespace(finish=lambda exit_code: codes.append(exit_code))

        @property
        def experiment(self):
            return self._experiment

    trainer = SimpleNamespace(loggers=[Dashboard()])
    close_loggers(trainer, exit_code)
    close_loggers(trainer, 0)
    assert codes == [exit_code]
