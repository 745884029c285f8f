from pathlib import Path

import pytest
import torch
from torch import nn

from embedlab.errors import BadInput
from embedlab.models.ngram import NGram
from embedlab.ngrams import WittenBell
from embedlab.running.checkpoints import AtomicCheckpointIO, check_checkpoint, load_checkpoint
from embedlab.running.train import build_trainer


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


def test_counts_may_have_grown(tmp_path):
    grown, fresh = (NGram(3, WittenBell(), 2) for _ in range(2))
    grown.count([0, 1, 2, 1], [0, 2, 4])
    torch.save({"state_dict": grown.state_dict()}, tmp_path / "x.ckpt")
    fresh.load_state_dict(check_checkpoint(tmp_path / "x.ckpt", fresh)["state_dict"])
    assert torch.equal(fresh.state_dict()["counts"], grown.state_dict()["counts"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "checkpoints" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"state_dict": {"w": torch.ones(2)}}, path)
    monkeypatch.setattr("os.getpid", lambda: 1)
    (path.parent / ".last.ckpt.1").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        AtomicCheckpointIO().save_checkpoint({"state_dict": {"w": torch.zeros(2)}}, path)
    assert torch.equal(load_checkpoint(path)["state_dict"]["w"], torch.ones(2))
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_every_run_writes_its_checkpoints_so(compose):
    assert type(build_trainer(compose()).strategy.checkpoint_io) is AtomicCheckpointIO
