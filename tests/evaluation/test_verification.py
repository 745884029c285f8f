import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from embedlab.distances import DISTANCES
from embedlab.evaluation import EvaluationSet, Verification, VerificationPairs
from embedlab.evaluation import verification as module


def line(same_distances, other_distances, folds):
    """One-dimensional embeddings whose pairs have these Euclidean distances, dealt to the folds in turn."""
    distances = np.concatenate([same_distances, other_distances])
    embeddings = np.stack([np.zeros_like(distances), distances], 1).reshape(-1, 1).astype(np.float32)
    first = np.arange(0, len(embeddings), 2)
    same = np.arange(len(distances)) < len(same_distances)
    fold = np.concatenate([np.arange(len(part)) % folds for part in (same_distances, other_distances)])
    pairs = VerificationPairs(first, first + 1, same, fold)
    return EvaluationSet(embeddings, np.zeros(len(embeddings), int), pairs)


def noisy(seed, matching, others, decimals=9):
    rng = np.random.default_rng(seed)
    return line(
        np.abs(rng.normal(1, 0.4, matching)).round(decimals), np.abs(rng.normal(2, 0.5, others)).round(decimals), 10
    )


@pytest.mark.parametrize("decimals", [1, 9])  # with and without ties
def test_accuracy_equals_a_brute_force_over_thresholds(decimals):
    data = noisy(0, 60, 60, decimals)
    result = Verification(distance="euclidean", resamples=2)(data)
    d, same, fold = result.distances, data.pairs.same, data.pairs.fold
    accuracies = []
    for f in range(10):
        rest = fold != f
        values = sorted(set(d[rest]))
        candidates = [values[0] - 1, *np.convolve(values, [0.5, 0.5], "valid"), values[-1]]
        best = max(candidates, key=lambda t: ((d[rest] <= t) == same[rest]).sum())
        accuracies.append(((d[~rest] <= best) == same[~rest]).mean())
    np.testing.assert_allclose(result.fold_accuracies, accuracies, atol=1e-12)
    se = stats.sem(accuracies)
    low, high = stats.t.interval(0.95, 9, loc=np.mean(accuracies), scale=se)
    assert result.standard_error == pytest.approx(se)
    accuracy = result.metrics()["verification_accuracy"]
    assert (accuracy.value, accuracy.low, accuracy.high) == pytest.approx((np.mean(accuracies), low, high))


def test_a_fold_is_judged_at_the_threshold_of_the_others():
    """Fold 0 would be perfect at 2; the others want 1, at which both its matching pairs are refused."""
    data = line([1.5, 1.5, 0.5, 0.5, 0.5, 0.5], [2.5, 2.5, 1.5, 1.5, 1.5, 1.5], folds=3)
    fold = np.array([0, 0, 1, 1, 2, 2] * 2)
    pairs = VerificationPairs(data.pairs.first, data.pairs.second, data.pairs.same, fold)
    result = Verification(distance="euclidean", resamples=2)(EvaluationSet(data.embeddings, data.labels, pairs))
    assert result.fold_thresholds[0] == 1.0
    assert result.fold_accuracies[0] == 0.5


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("decimals", [1, 9])
def test_roc_auc_eer_and_tar_equal_sklearn(seed, decimals):
    data = noisy(seed, 300, 1000, decimals)
    result = Verification(distance="euclidean", resamples=2)(data)
    far, tar, thresholds = roc_curve(data.pairs.same, -result.distances, drop_intermediate=False)
    np.testing.assert_allclose(result.far, far, atol=1e-12)
    np.testing.assert_allclose(result.tar, tar, atol=1e-12)
    np.testing.assert_allclose(result.thresholds[1:], -thresholds[1:])
    assert result.auc.value == pytest.approx(roc_auc_score(data.pairs.same, -result.distances), abs=1e-12)
    grid = np.linspace(0, 1, 200_001)
    crossing = np.argmin(np.abs(np.interp(grid, far, tar) + grid - 1))
    assert result.eer.value == pytest.approx(grid[crossing], abs=1e-4)
    for wanted in (1e-1, 1e-2):
        assert result.tar_at_far[wanted].value == tar[far <= wanted].max()


def test_refuses_rates_of_fewer_than_ten_false_accepts():
    data = noisy(0, 50, 1000)
    result = Verification(distance="euclidean", resamples=2)(data)
    assert list(result.metrics()) == [
        "verification_accuracy", "auc", "eer", "tar_at_far_1e-1", "tar_at_far_1e-2",
    ]  # fmt: skip
    assert list(result.refused) == ["tar_at_far_1e-3", "tar_at_far_1e-4", "tar_at_far_1e-5", "tar_at_far_1e-6"]
    assert result.refused["tar_at_far_1e-3"] == "needs 10,000 pairs that do not match; there are 1,000"
    one_less = Verification(distance="euclidean", resamples=2)(noisy(0, 50, 999))
    assert list(one_less.tar_at_far) == [1e-1]
    odd = Verification(distance="euclidean", fars=(0.025,), resamples=2)(data)
    assert "tar_at_far_2.5e-2" in odd.metrics()


def test_bootstrap_interval_agrees_with_theory():
    """AUC of two normals: Hanley and McNeil's standard error; and the interval covers the true area."""
    data = noisy(3, 500, 500)
    auc = Verification(distance="euclidean")(data).auc
    a = auc.value
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    error = np.sqrt((a * (1 - a) + 499 * (q1 - a * a) + 499 * (q2 - a * a)) / 500**2)
    assert (auc.high - auc.low) / 2 == pytest.approx(1.96 * error, rel=0.15)
    assert auc.low < stats.norm.cdf(1 / np.hypot(0.4, 0.5)) < auc.high


@pytest.mark.parametrize("distance", DISTANCES)
def test_pair_distances_are_the_diagonal_of_the_matrix(distance, monkeypatch):
    import torch

    monkeypatch.setattr(module, "_BLOCK", 7)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 4)).astype(np.float32)
    first, second = rng.integers(30, size=(2, 25))
    pairs = VerificationPairs(first, second, first == second, first)
    matrix = DISTANCES[distance](torch.from_numpy(x).double(), torch.from_numpy(x).double()).numpy()
    got = module.pair_distances(x, pairs, distance)
    np.testing.assert_allclose(got, matrix[first, second], atol=1e-12)


def test_drawn_pairs_are_balanced_distinct_and_in_disjoint_folds():
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(np.arange(60), [1] * 20 + [20] * 40))
    pairs = module.draw_pairs(labels, 2000, 10, seed=1)
    assert len(pairs.same) == 2000
    np.testing.assert_array_equal(labels[pairs.first] == labels[pairs.second], pairs.same)
    assert (pairs.first != pairs.second).all()
    assert len({frozenset(pair) for pair in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)}) == 2000
    for fold in range(10):
        inside = pairs.fold == fold
        assert inside.sum() == 200
        assert pairs.same[inside].sum() == 100
        classes = labels[np.concatenate([pairs.first[inside], pairs.second[inside]])]
        elsewhere = labels[np.concatenate([pairs.first[~inside], pairs.second[~inside]])]
        assert not set(classes) & set(elsewhere)
    again = module.draw_pairs(labels, 2000, 10, seed=1)
    np.testing.assert_array_equal(pairs.second, again.second)


def test_few_classes_give_fewer_folds_and_pairs():
    labels = np.repeat(np.arange(5), 3)
    pairs = module.draw_pairs(labels, 6000, 10, seed=0)
    assert set(pairs.fold) == {0, 1}
    assert pairs.same.mean() == 0.5
    assert pairs.same.sum() == 3 * 3 + 2 * 3  # every matching pair there is, fewer than there are others


def test_separated_classes_are_perfect_and_collapsed_ones_chance():
    labels = np.repeat(np.arange(20), 10)
    perfect = Verification(resamples=20)(EvaluationSet(np.eye(20, dtype=np.float32)[labels], labels))
    assert perfect.accuracy.value == perfect.auc.value == perfect.tar_at_far[0.1].value == 1.0
    assert perfect.eer.value == 0.0
    assert perfect.threshold == 1.0  # halfway between 0 and √2²
    collapsed = Verification(resamples=20)(EvaluationSet(np.ones((200, 4), np.float32), labels))
    assert collapsed.accuracy.value == collapsed.auc.value == collapsed.eer.value == 0.5
    assert collapsed.tar_at_far[0.1].value == 0.0


def test_bad_input():
    one_class = EvaluationSet(np.eye(6, dtype=np.float32), np.zeros(6, int))
    with pytest.raises(ValueError, match="at least four classes with two members each"):
        Verification()(one_class)
    with pytest.raises(ValueError, match=r"evaluation\.verification\.pairs=null: .* no pairs of its own"):
        Verification(pairs=None)(one_class)
    with pytest.raises(ValueError, match="matching pairs, others"):
        Verification()(line(np.ones(10), np.ones(0), 10))
    with pytest.raises(ValueError, match=r"evaluation\.verification\.folds=1"):
        Verification(folds=1)
    with pytest.raises(ValueError, match=r"evaluation\.verification\.fars"):
        Verification(fars=(2.0,))
