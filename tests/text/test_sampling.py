"""From a model's log-probabilities to what is drawn."""

import math

import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.text import Sampling

LOGS = np.log([0.1, 0.4, 0.3, 0.2])


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), [0.1, 0.4, 0.3, 0.2]),
        (Sampling(temperature=0.5), [1 / 30, 16 / 30, 9 / 30, 4 / 30]),
        (Sampling(temperature=1e-3), [0, 1, 0, 0]),
        (Sampling(top_k=2), [0, 4 / 7, 3 / 7, 0]),
        (Sampling(top_k=9), [0.1, 0.4, 0.3, 0.2]),
        (Sampling(top_p=0.7), [0, 4 / 7, 3 / 7, 0]),
        (Sampling(top_p=0.71), [0, 4 / 9, 3 / 9, 2 / 9]),
        (Sampling(top_p=0.01), [0, 1, 0, 0]),
        (Sampling(top_k=3, top_p=0.4), [0, 1, 0, 0]),  # 4/9 of three
        (Sampling(temperature=0.5, top_k=3, top_p=0.6), [0, 16 / 25, 9 / 25, 0]),
    ],
)
def test_what_is_drawn_from(sampling, expected):
    np.testing.assert_allclose(sampling.probabilities(LOGS), expected, atol=1e-12)
    np.testing.assert_allclose(sampling.probabilities(LOGS - 7), expected, atol=1e-12)  # not normalised


def test_of_equally_probable_ones_the_first():
    np.testing.assert_array_equal(Sampling(top_k=2).probabilities(np.zeros(4)), [0.5, 0.5, 0, 0])


def test_frequencies_are_the_probabilities_and_the_impossible_never_comes():
    random, logs = np.random.default_rng(3), np.append(LOGS, -np.inf)
    drawn = np.bincount([Sampling().draw(logs, random) for _ in range(5_000)], minlength=5)
    np.testing.assert_allclose(drawn / 5_000, [0.1, 0.4, 0.3, 0.2, 0], atol=0.02)
    assert drawn[4] == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"temperature": 0.0}, "temperature=0: above 0"),
        ({"temperature": -1.0}, "temperature=-1: above 0"),
        ({"temperature": math.nan}, "temperature=nan"),
        ({"top_k": 0}, "top_k=0: at least one"),
        ({"top_p": 0.0}, "top_p=0: a probability"),
        ({"top_p": 1.5}, "top_p=1.5: a probability"),
    ],
)
def test_what_is_refused(wrong, said):
    with pytest.raises(BadInput, match=said):
        Sampling(**wrong)


def test_nothing_possible():
    with pytest.raises(BadInput, match="no token possible"):
        Sampling().probabilities(np.full(3, -np.inf))
