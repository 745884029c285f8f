import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from embedlab.evaluation import Episode, EvaluationSet, FewShot, FixedEpisodes
from embedlab.evaluation import few_shot as module
from embedlab.evaluation.intervals import mean_interval


def clustered(seed, sizes, spread=0.8):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centers = rng.normal(size=(len(sizes), 5))
    return EvaluationSet((centers[labels] + spread * rng.normal(size=(len(labels), 5))).astype(np.float32), labels)


def watch_draws(monkeypatch):
    draws, original = [], module._draw_distinct
    monkeypatch.setattr(module, "_draw_distinct", lambda *args: draws.append(original(*args)) or draws[-1])
    return draws


@pytest.mark.parametrize(("ways", "shots"), [(5, 1), (3, 4)])
def test_equals_a_loop_over_episodes(ways, shots, monkeypatch):
    sizes = [9, 12, 3, 15, 10, 9, 30]  # the class of three is too small to be drawn
    data = clustered(0, sizes)
    draws = watch_draws(monkeypatch)
    result = FewShot(ways=ways, shots=shots, queries=5, episodes=150, seed=4)(data)
    classes, within = (np.concatenate(parts) for parts in (draws[::2], draws[1::2]))
    eligible = np.array([0, 1, 3, 4, 5, 6])
    accuracies = []
    for episode_classes, rows in zip(eligible[classes], within, strict=True):
        items = np.stack([np.flatnonzero(data.labels == c)[r] for c, r in zip(episode_classes, rows, strict=True)])
        x = data.embeddings[items].astype(np.float64)
        target = np.arange(ways)
        model = KNeighborsClassifier(1).fit(x[:, :shots].mean(1), target)
        accuracies.append(model.score(x[:, shots:].reshape(-1, 5), np.repeat(target, 5)))
    np.testing.assert_allclose(result.accuracies, accuracies, atol=1e-12)
    assert result.metrics() == {f"{ways}way_{shots}shot": mean_interval(accuracies)}
    estimate = result.metrics()[f"{ways}way_{shots}shot"]
    assert estimate.high - estimate.value == pytest.approx(1.96 * np.std(accuracies, ddof=1) / 150**0.5, rel=0.01)


def test_draws_are_distinct_and_uniform():
    rng = np.random.default_rng(0)
    drawn = module._draw_distinct(rng, np.tile([4, 6], (20_000, 1)), 4)
    assert all(len(set(row)) == 4 for row in drawn[:200].reshape(-1, 4))
    for pool, rows in ((4, drawn[:, 0]), (6, drawn[:, 1])):
        for place in range(4):  # every number is as likely in each place: support and queries are exchangeable
            np.testing.assert_allclose(np.bincount(rows[:, place]) / 20_000, np.full(pool, 1 / pool), atol=0.015)


def test_same_seed_same_episodes():
    data = clustered(1, [20] * 8)
    one, same, other = (FewShot(episodes=70, seed=seed)(data).accuracies for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_collapsed_embeddings_score_chance():
    data = EvaluationSet(np.ones((60, 3), np.float32), np.repeat(np.arange(6), 10))
    np.testing.assert_allclose(FewShot(ways=4, queries=3, episodes=10)(data).accuracies, np.full(10, 0.25))


def test_fixed_episodes_equal_the_nearest_support_item():
    data = clustered(2, [4] * 9)
    rng = np.random.default_rng(0)
    episodes = []
    for _ in range(6):
        classes = rng.permutation(9)[:5]
        rows = np.stack([rng.permutation(np.flatnonzero(data.labels == c)) for c in classes])
        order = rng.permutation(5)
        episodes.append(Episode(rows[order, 0], order, rows[:, 1:3].ravel(), np.repeat(np.arange(5), 2)))
    accuracies = [
        KNeighborsClassifier(1)
        .fit(data.embeddings[e.support], e.support_labels)
        .score(data.embeddings[e.query], e.query_labels)
        for e in episodes
    ]
    data = EvaluationSet(data.embeddings, data.labels, episodes=tuple(episodes))
    result = FixedEpisodes("lake_20way_1shot")(data)
    np.testing.assert_allclose(result.accuracies, accuracies, atol=1e-12)
    assert result.metrics() == {"lake_20way_1shot": mean_interval(accuracies)}


def test_fixed_episodes_average_several_shots():
    """On a line: class 0 at −2 and 0 (prototype −1), class 1 at 1 and 5 (prototype 3): 0.9 is nearer the first."""
    x = np.array([[-2], [0], [1], [5], [0.9], [1.1]], np.float32)
    episode = Episode(np.arange(4), np.array([0, 0, 1, 1]), np.array([4, 5]), np.array([0, 0]))
    data = EvaluationSet(x, np.zeros(6, int), episodes=(episode,))
    assert FixedEpisodes()(data).accuracies.tolist() == [0.5]


def test_no_fixed_episodes_no_number():
    assert FixedEpisodes()(clustered(0, [2, 2])).metrics() == {}


def test_too_few_classes():
    with pytest.raises(ValueError, match=r"evaluation\.few_shot\.ways=5: 2 of 3 classes have the 16 members"):
        FewShot()(clustered(0, [16, 20, 15]))


@pytest.mark.parametrize("option", ["ways", "shots", "queries", "episodes"])
def test_bad_options(option):
    with pytest.raises(ValueError, match=rf"evaluation\.few_shot\.{option}=0: at least"):
        FewShot(**{option: 0})


def test_distance_is_looked_up_by_name():
    x = torch.tensor([[10.0, 0], [0, 1], [9, 1.2], [1, 1]]).numpy()
    episode = Episode(np.array([0, 1]), np.array([0, 1]), np.array([2, 3]), np.array([0, 0]))
    data = EvaluationSet(x, np.zeros(4, int), episodes=(episode,))
    assert FixedEpisodes(distance="squared_euclidean")(data).accuracies.tolist() == [0.5]
    assert FixedEpisodes(distance="cosine")(data).accuracies.tolist() == [1.0]  # 45° from both: the first
    with pytest.raises(ValueError, match="no such distance"):
        FewShot(distance="cosin")
