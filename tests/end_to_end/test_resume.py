"""A killed run, resumed from ``last.ckpt``, ends with bit-equal weights."""

import pytest
import torch

from embedlab.running import train as training
from embedlab.running.rundir import RunDir

RECIPES = {
    "triplet with a random miner and memory": ["loss=triplet", "miner=random", "memory=xbm", "memory.size=16"],
    "triplet with batch-hard": ["loss=triplet", "miner=batch_hard"],
    "arcface with a schedule": ["loss=arcface", "scheduler=cosine", "optimizer=sgd"],
    "augmented, by two loader workers": ["loss=contrastive", "data.augmentation.rotation=10", "data.num_workers=2"],
}


def final_weights(directory):
    return torch.load(directory / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_resumed_weights_are_bit_equal(recipe, compose, tmp_path, train_until_killed):
    overrides = [*RECIPES[recipe], "trainer.max_epochs=4"]
    whole = tmp_path / "whole"
    training.train(compose(*overrides, directory=whole), RunDir(whole))

    cut = tmp_path / "cut"
    # in the middle of the third epoch of three steps
    train_until_killed(compose(*overrides, directory=cut), RunDir(cut), step=8)
    resumed = training.train(compose(*overrides, directory=cut), RunDir(cut))

    expected, got = final_weights(whole), final_weights(cut)
    assert expected.keys() == got.keys()
    for name, value in expected.items():
        assert torch.equal(value, got[name]), name
    assert RunDir(whole).read_json("metrics.json") == RunDir(cut).read_json("metrics.json")
    assert resumed
    assert (whole / "history.jsonl").read_text() == (cut / "history.jsonl").read_text()
