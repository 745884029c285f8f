import numpy as np
import pytest
from scipy import stats

from embedlab.evaluation.intervals import mean_interval, standard_error
from embedlab.evaluation.protocol import Estimate


def test_independent_values_give_the_students_t_interval():
    x = np.random.default_rng(0).uniform(0.4, 0.6, 10)
    low, high = stats.t.interval(0.95, 9, loc=x.mean(), scale=stats.sem(x))
    estimate = mean_interval(x)
    assert standard_error(x) == pytest.approx(stats.sem(x), rel=1e-12)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((x.mean(), low, high), rel=1e-12)


def test_many_values_give_the_papers_interval():
    x = np.random.default_rng(0).uniform(0.4, 0.6, 10_000)
    estimate = mean_interval(x)
    assert estimate.high - estimate.value == pytest.approx(1.96 * x.std(ddof=1) / 100, rel=1e-3)


def test_values_that_repeat_in_a_group_count_once():
    x = np.array([0.2, 0.5, 0.9, 0.4])
    repeated, groups = np.repeat(x, 25), np.repeat(["a", "b", "c", "d"], 25)
    assert standard_error(repeated, groups) == pytest.approx(stats.sem(x), rel=1e-12)
    assert mean_interval(repeated, groups) == mean_interval(x)


def test_groups_of_one_are_independent_values():
    x = np.random.default_rng(1).random(50)
    assert standard_error(x, np.arange(50)) == pytest.approx(stats.sem(x), rel=1e-12)


def test_stays_within_fractions_and_needs_two_groups():
    assert mean_interval([0.0, 1.0]) == Estimate(0.5, 0.0, 1.0)
    assert mean_interval([0.7]) == Estimate(0.7)
    assert mean_interval([0.0, 1.0], groups=[3, 3]) == Estimate(0.5)
