import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from embedlab.atomic import write_atomically
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
    writer = AtomicCheckpointIO()
    writer.save_checkpoint({"state_dict": {"w": torch.ones(2)}}, path)
    writer.teardown()
    monkeypatch.setattr("os.getpid", lambda: 1)
    (path.parent / ".last.ckpt.1").symlink_to("/dev/full")
    writer.save_checkpoint({"state_dict": {"w": torch.zeros(2)}}, path)
    with pytest.raises(OSError, match="No space left on device"):
        writer.teardown()
    assert torch.equal(load_checkpoint(path)["state_dict"]["w"], torch.ones(2))
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]
    writer.teardown()  # which is said once


@pytest.fixture
def slow_disk(monkeypatch):
    """Writing begins when the event is set."""
    ready = threading.Event()

    def write(path, content):
        assert ready.wait(10)
        write_atomically(path, content)

    monkeypatch.setattr("embedlab.running.checkpoints.write_atomically", write)
    return ready


def test_training_goes_on_while_its_checkpoint_is_written(tmp_path, slow_disk):
    weights, writer = torch.ones(2), AtomicCheckpointIO()
    writer.save_checkpoint({"state_dict": {"w": weights}}, tmp_path / "last.ckpt")
    weights += 1
    assert not (tmp_path / "last.ckpt").exists()
    slow_disk.set()
    writer.teardown()
    assert torch.equal(load_checkpoint(tmp_path / "last.ckpt")["state_dict"]["w"], torch.ones(2))


def test_a_checkpoint_may_be_larger_or_smaller_than_the_one_before(tmp_path):
    writer = AtomicCheckpointIO()
    for size in (2, 90_000, 3):
        writer.save_checkpoint({"state_dict": {"w": torch.arange(size)}}, tmp_path / f"{size}.ckpt")
    writer.teardown()
    for size in (2, 90_000, 3):
        assert torch.equal(load_checkpoint(tmp_path / f"{size}.ckpt")["state_dict"]["w"], torch.arange(size))
    small, large = ((tmp_path / f"{size}.ckpt").stat().st_size for size in (3, 90_000))
    assert small < 10_000 < large  # nothing is left of a larger one


@pytest.mark.parametrize("then", ["load_checkpoint", "remove_checkpoint"])
def test_a_checkpoint_is_written_before_anything_else_is_done_with_it(tmp_path, slow_disk, then):
    writer = AtomicCheckpointIO()
    writer.save_checkpoint({"epoch": 3}, tmp_path / "last.ckpt")
    threading.Timer(0.05, slow_disk.set).start()
    found = getattr(writer, then)(tmp_path / "last.ckpt")
    assert (tmp_path / "last.ckpt").exists() is (then == "load_checkpoint")
    assert found == ({"epoch": 3} if then == "load_checkpoint" else None)


def test_every_run_writes_its_checkpoints_so(compose):
    assert type(build_trainer(compose()).strategy.checkpoint_io) is AtomicCheckpointIO
