"""What is made of the words that ranks leave behind."""

import signal

import pytest
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.running.out_of_memory import KilledError
from embedlab.running.ranks import _failure
from embedlab.running.rundir import RunDir

CONFIG = OmegaConf.create({"trainer": {}, "rank_timeout": 60, "sampler": {"batch_size": 64}})


def raised(error: str, bad_input: bool = False) -> dict:
    return {"error": error, "bad_input": bad_input, "traceback": f"Traceback of {error}"}


@pytest.fixture
def failure(tmp_path):
    def of(*words: dict) -> Exception:
        run = RunDir(tmp_path)
        for rank, word in enumerate(words):
            run.write_json(f"rank {rank}.json", word)
        found = _failure(run, CONFIG, 1)
        assert not list(tmp_path.iterdir())
        return found

    return of


def test_a_rank_s_own_error_comes_with_its_traceback(failure) -> None:
    found = failure(raised("no such column"), {"stood": "in a barrier"})
    assert str(found) == "rank 0: no such column"
    assert found.__notes__ == ["Traceback of no such column"]


def test_what_the_user_got_wrong_is_said_as_such(failure) -> None:
    found = failure(raised("connection closed"), raised("loss.margin=-1", bad_input=True))
    assert isinstance(found, BadInput)
    assert str(found) == "loss.margin=-1"


def test_a_rank_that_is_gone_is_to_blame_for_what_others_raise(failure) -> None:
    found = failure(raised("connection closed by peer"), {"killed": -signal.SIGKILL}, {"stood": "in all_reduce"})
    assert isinstance(found, KilledError)
    assert str(found) == "rank 1 was ended (SIGKILL): out of memory, most likely; try sampler.batch_size=32"
    assert found.__notes__ == ["rank 2 stood at:\nin all_reduce"]


def test_who_is_waited_for_in_vain_hangs(failure) -> None:
    waited = raised("Timed out waiting 60000ms for recv operation to complete")
    found = failure(waited, {"stood": "in read"}, waited)
    assert str(found) == "rank 1 did not come within rank_timeout=60 seconds"
    assert found.__notes__ == ["rank 1 stood at:\nin read"]


def test_ranks_that_left_no_word(failure) -> None:
    assert str(failure()) == "the ranks ended with status 1 and left no word"
