import math

import numpy as np
import pytest
from scipy import stats

from embedlab.report.comparison import Comparison, against_best, holm, paired_t_test, t_half_width, t_quantile

T_1 = math.tan(math.pi * 0.475)  # t(0.975) with one degree of freedom, in closed form
T_2 = 0.95 * math.sqrt(2 / (4 * 0.975 * 0.025))  # with two


def test_interval_is_students_t() -> None:
    assert t_half_width((0.80, 0.84)) == pytest.approx(T_1 * 0.02, rel=1e-12)  # s/√2 = |a − b|/2 for two values
    assert t_half_width((1.0, 2.0, 3.0)) == pytest.approx(T_2 * 1 / math.sqrt(3), rel=1e-12)
    assert t_half_width((0.9,)) is None


@pytest.mark.parametrize("n", [2, 3, 10, 400])
def test_quantile_and_interval_are_scipys(n: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    low, high = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
    assert t_half_width(values.tolist()) == pytest.approx((high - low) / 2, rel=1e-12)
    assert t_quantile(n) == pytest.approx(stats.t.ppf(0.975, n - 1), rel=1e-12)


def test_paired_test_of_two_pairs_in_closed_form() -> None:
    # d = (1, 3): mean 2, s = √2, t = 2 √2 / √2 = 2; with one degree of freedom p = 1 − (2/π) arctan t.
    assert paired_t_test([1.0, 3.0]) == pytest.approx(1 - 2 / math.pi * math.atan(2), rel=1e-12)
    # d = (1, 2, 3): t = 2 √3; with two, p = 1 − t / √(2 + t²).
    assert paired_t_test([1.0, 2.0, 3.0]) == pytest.approx(1 - math.sqrt(12 / 14), rel=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5, 30])
def test_paired_test_is_scipys(n: int) -> None:
    first, second = np.random.default_rng(n).normal(size=(2, n))
    assert paired_t_test((first - second).tolist()) == pytest.approx(stats.ttest_rel(first, second).pvalue, rel=1e-9)


def test_paired_test_at_its_edges() -> None:
    assert paired_t_test([]) is None
    assert paired_t_test([0.5]) is None
    assert paired_t_test([0.5, 0.5]) == 0.0
    assert paired_t_test([0.0, 0.0]) == 1.0


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # 3 · 0.01; 1 · 0.04, not below the one before; 2 · 0.03
        ([0.02, 0.02, 0.9], [0.06, 0.06, 0.9]),
        ([0.6, 0.5], [1.0, 1.0]),
    ],
)
def test_holm(p: list[float], corrected: list[float]) -> None:
    assert holm(p) == pytest.approx(corrected)


def test_holm_rejects_what_the_step_down_procedure_rejects() -> None:
    for seed in range(50):
        p = np.random.default_rng(seed).beta(0.3, 4, size=8)
        rejected = set()
        for rank, index in enumerate(np.argsort(p)):  # Holm 1979: stop at the first that is not below its level
            if p[index] >= 0.05 / (len(p) - rank):
                break
            rejected.add(int(index))
        assert {i for i, value in enumerate(holm(p.tolist())) if value < 0.05} == rejected


SCORES = {
    0: {"1": 0.90, "2": 0.92, "3": 0.91},
    1: {"1": 0.80, "2": 0.83, "3": 0.81},
    2: {"1": 0.89, "2": 0.93, "4": 0.99},
    3: {"1": 0.99},
}


def test_each_is_compared_with_the_best_over_shared_replicates() -> None:
    best, found = against_best(SCORES)
    assert best == 2  # 3's mean is higher, but it stands on one run
    shared = {number: sorted(set(values) & set(SCORES[2])) for number, values in SCORES.items()}
    p = {
        n: stats.ttest_rel([SCORES[2][s] for s in shared[n]], [SCORES[n][s] for s in shared[n]]).pvalue for n in (0, 1)
    }
    low, high = sorted(p, key=lambda number: p[number])
    assert found[low].p == pytest.approx(min(2 * p[low], 1))
    assert found[high].p == pytest.approx(max(2 * p[low], p[high]))
    assert found[3] == Comparison(1, pytest.approx(-0.1), None)
    assert found[0].ahead == pytest.approx(0.0)
    assert found[1].ahead == pytest.approx(0.095)
    assert [found[n].shared for n in (0, 1, 3)] == [2, 2, 1]


def test_lower_can_be_better() -> None:
    errors = {number: {seed: 1 - value for seed, value in values.items()} for number, values in SCORES.items()}
    best, found = against_best(errors, higher_is_better=False)
    upright = against_best(SCORES)[1]
    assert best == 2
    assert {n: c.ahead for n, c in found.items()} == pytest.approx({n: c.ahead for n, c in upright.items()}, abs=1e-12)
    assert found[1].p == pytest.approx(upright[1].p)


def test_without_repeats_the_best_is_the_highest_and_nothing_is_said() -> None:
    best, found = against_best({0: {"1": 0.7}, 1: {"1": 0.8}, 2: {"2": 0.75}})
    assert best == 1
    assert [(c.shared, c.p, c.worse) for c in found.values()] == [(1, None, False), (0, None, False)]
    assert math.isnan(found[2].ahead)


def test_words_need_a_difference_beyond_chance() -> None:
    assert Comparison(5, 0.1, 0.01).worse
    assert not Comparison(5, 0.1, 0.05).worse
    assert not Comparison(5, -0.1, 0.01).worse
    assert Comparison(5, -0.1, 0.01).distinguishable
