"""Few-shot classification by the nearest prototype, on episodes drawn at random or given with the data."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedlab.distances import Distance, get_distance
from embedlab.evaluation.intervals import mean_interval
from embedlab.evaluation.protocol import Episode, Estimate, EvaluationSet

_BLOCK = 64  # episodes whose embeddings are held at a time


@dataclass(frozen=True)
class FewShotResult:
    """Accuracy of each episode.

    Attributes:
        name: of the metric.
        accuracies: ``(episodes,)`` share of the queries given their class; empty where the data has no episodes.
    """

    name: str
    accuracies: NDArray[np.float64]

    def metrics(self) -> dict[str, Estimate]:
        """The mean over episodes with its 95 % interval (``± 1.96·s/√n`` for many); nothing without episodes."""
        return {self.name: mean_interval(self.accuracies)} if len(self.accuracies) else {}


@dataclass(frozen=True)
class FewShot:
    """N-way K-shot: episodes of N random classes, each with K support items and some queries; ``5way_1shot``.

    A query is given the class of the nearest prototype, the mean of that class's support embeddings.

    Source: Snell, Swersky, Zemel, "Prototypical Networks for Few-shot Learning", NeurIPS 2017.

    Args:
        ways: N, classes an episode.
        shots: K, support items a class.
        queries: queries a class.
        episodes: how many.
        distance: a name from :mod:`embedlab.distances`.
        seed: of the draw.
    """

    ways: int = 5
    shots: int = 1
    queries: int = 15
    episodes: int = 1000
    distance: str | Distance = "squared_euclidean"
    seed: int = 0

    def __post_init__(self) -> None:
        for option, least in (("ways", 2), ("shots", 1), ("queries", 1), ("episodes", 1)):
            if getattr(self, option) < least:
                raise ValueError(f"evaluation.few_shot.{option}={getattr(self, option)}: at least {least}")
        get_distance(self.distance)

    def __call__(self, data: EvaluationSet) -> FewShotResult:
        """Draw the episodes and classify.

        Raises:
            ValueError: fewer than ``ways`` classes have ``shots + queries`` members.
        """
        members = self.shots + self.queries
        sizes = np.unique(data.labels, return_counts=True)[1]
        by_class = np.argsort(data.labels, kind="stable")
        starts = np.cumsum(sizes) - sizes  # where each class begins in by_class
        eligible = np.flatnonzero(sizes >= members)
        if len(eligible) < self.ways:
            raise ValueError(
                f"evaluation.few_shot.ways={self.ways}: {len(eligible)} of {len(sizes)} classes have the "
                f"{members} members ({self.shots} shots + {self.queries} queries) that an episode takes"
            )
        embeddings = torch.from_numpy(data.embeddings)
        targets = torch.arange(self.ways).repeat_interleave(self.queries)
        rng = np.random.default_rng(self.seed)
        accuracies = []
        for start in range(0, self.episodes, _BLOCK):
            pools = np.full(min(_BLOCK, self.episodes - start), len(eligible))
            classes = eligible[_draw_distinct(rng, pools, self.ways)]  # (episodes, ways)
            within = _draw_distinct(rng, sizes[classes], members)  # (episodes, ways, members)
            items = embeddings[by_class[starts[classes][..., None] + within]]
            prototypes = items[:, :, : self.shots].mean(2)
            queries = items[:, :, self.shots :].flatten(1, 2)
            accuracies.append(_accuracy(queries, prototypes, targets, self.distance))
        return FewShotResult(f"{self.ways}way_{self.shots}shot", torch.cat(accuracies).numpy())


@dataclass(frozen=True)
class FixedEpisodes:
    """The data set's own episodes, such as Lake's 20 runs; no numbers where it has none.

    Source: Lake, Salakhutdinov, Tenenbaum, "Human-level concept learning through probabilistic program induction",
    Science 2015.

    Args:
        name: of the metric.
        distance: a name from :mod:`embedlab.distances`.
    """

    name: str = "lake_20way_1shot"
    distance: str | Distance = "squared_euclidean"

    def __post_init__(self) -> None:
        get_distance(self.distance)

    def __call__(self, data: EvaluationSet) -> FewShotResult:
        """Classify the queries of each episode by the nearest prototype of its support."""
        embeddings = torch.from_numpy(data.embeddings)
        accuracies = [self._accuracy(embeddings, episode) for episode in data.episodes or ()]
        return FewShotResult(self.name, np.array(accuracies, np.float64))

    def _accuracy(self, embeddings: Tensor, episode: Episode) -> float:
        classes = torch.from_numpy(episode.support_labels)
        sums = embeddings.new_zeros(int(classes.max()) + 1, embeddings.shape[1])
        sums.index_add_(0, classes, embeddings[episode.support])
        prototypes = sums / classes.bincount()[:, None]
        targets = torch.from_numpy(episode.query_labels)
        return float(_accuracy(embeddings[episode.query][None], prototypes[None], targets, self.distance))


def _accuracy(queries: Tensor, prototypes: Tensor, targets: Tensor, distance: str | Distance) -> Tensor:
    """``(E, Q, D), (E, N, D), (Q,) -> (E,)``; of equally near prototypes the first."""
    distances = torch.vmap(get_distance(distance))(queries, prototypes)
    return (distances.argmin(2) == targets).double().mean(1)


def _draw_distinct(rng: np.random.Generator, pools: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """For each pool size ``n``, ``count`` distinct numbers of 0..n-1 in random order: ``pools.shape + (count,)``."""
    keys = rng.random((*pools.shape, int(pools.max())))
    keys[np.arange(keys.shape[-1]) >= pools[..., None]] = np.inf
    return keys.argsort(-1)[..., :count]
