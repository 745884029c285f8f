import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.running.out_of_memory import KilledError, explained, smaller_batch

PER_CLASS = OmegaConf.create({"sampler": {"classes_per_batch": 32, "samples_per_class": 4}})


@pytest.mark.parametrize("ask", [lambda: torch.empty(2**60), lambda: np.empty(2**50)])
def test_memory_that_ran_out_names_the_batch_to_try(ask) -> None:
    with pytest.raises((RuntimeError, MemoryError)) as caught:
        ask()
    error = explained(caught.value, PER_CLASS)
    assert isinstance(error, BadInput)
    assert "out of memory; try sampler.classes_per_batch=16" in str(error)
    assert error.__cause__ is caught.value


def test_another_error_stays_itself() -> None:
    error = RuntimeError("shapes do not match")
    assert explained(error, PER_CLASS) is error
    killed = KilledError(-9, PER_CLASS, "rank 1")  # which names the mend already
    assert explained(killed, PER_CLASS) is killed


def test_half_of_the_batch_in_the_samplers_words() -> None:
    assert smaller_batch(OmegaConf.create({"sampler": {"batch_size": 100}})) == "try sampler.batch_size=50"
    assert smaller_batch(OmegaConf.create({"sampler": {"batch_size": 3}})) == "try a smaller batch"
    assert smaller_batch(OmegaConf.create({})) == "try a smaller batch"


def test_a_killed_process_is_said_to_have_wanted_too_much() -> None:
    assert "(SIGKILL): out of memory, most likely; try sampler.classes_per_batch=16" in str(KilledError(-9, PER_CLASS))
    assert str(KilledError(-15, PER_CLASS)) == "the process of this job was ended (SIGTERM)"
    assert str(KilledError(3, PER_CLASS)) == "the process of this job was ended (exit code 3)"
