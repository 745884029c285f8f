"""Keys that only the jobs of a sweep have are left to them."""

import hydra
import pytest
from hydra.errors import ConfigCompositionException

from embedlab.running.catalog import conf_dir
from embedlab.running.compose import _left_to_the_jobs


def refusal(*overrides: str) -> ConfigCompositionException:
    """What Hydra says of overrides when the loss is the triplet loss, as in a sweep's own config."""
    with (
        hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"),
        pytest.raises(ConfigCompositionException) as e,
    ):
        hydra.compose("train", [*overrides])
    return e.value


def test_a_key_that_only_swept_experiments_have_becomes_a_choice_of_one():
    error = refusal("loss.scale=30")
    arguments = ["-m", "loss=arcface,cosface", "loss.scale=30", "seed=1"]
    assert _left_to_the_jobs(arguments, error) == ["-m", "loss=arcface,cosface", "loss.scale=choice(30)", "seed=1"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["loss.scale=30"],  # one job
        ["-m", "loss.scale=choice(30)"],  # left to the jobs already, and refused there
        ["-m", "loss.scale="],
        ["-m", "seed=1,2"],
    ],
)
def test_what_is_no_such_key_stays_refused(arguments):
    error = refusal("loss.scale=30")
    with pytest.raises(ConfigCompositionException) as raised:
        _left_to_the_jobs(arguments, error)
    assert raised.value is error
