import numpy as np
import pytest
from scipy import stats

from embedlab.evaluation.intervals import mean_interval, ratio_estimates, standard_error
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


def test_a_ratio_is_of_sums_and_its_interval_is_over_rows():
    rng = np.random.default_rng(0)
    wholes = rng.integers(1, 20, (300, 2))
    parts = rng.binomial(wholes, [0.3, 0.9])
    estimates = ratio_estimates(parts, wholes, resamples=2000, seed=1)
    for column, estimate in enumerate(estimates):
        ratio = parts[:, column].sum() / wholes[:, column].sum()
        assert estimate.value == pytest.approx(ratio, rel=1e-12)
        # The delta method's standard error of a ratio of means.
        residual = parts[:, column] - ratio * wholes[:, column]
        half = 1.96 * residual.std(ddof=1) / np.sqrt(300) / wholes[:, column].mean()
        assert estimate.high - estimate.low == pytest.approx(2 * half, rel=0.06)
    assert ratio_estimates(parts, wholes, resamples=20, seed=1) == ratio_estimates(parts, wholes, resamples=20, seed=1)


def test_a_ratio_to_nothing_is_nothing():
    parts, wholes = np.array([[0, 1], [0, 0]]), np.array([[0, 1], [0, 0]])
    nothing, rare = ratio_estimates(parts, wholes, resamples=50)
    assert nothing == Estimate(0.0)
    assert rare == Estimate(1.0, 1.0, 1.0)  # of the resamples that have it
    assert ratio_estimates(parts[:1], wholes[:1]) == [Estimate(0.0), Estimate(1.0)]
    assert ratio_estimates(parts, wholes, resamples=0)[1] == Estimate(1.0)
