"""Verification: are two items of the same class? Accuracy over folds, and the ROC."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from embedlab.distances import Distance, get_distance
from embedlab.evaluation.intervals import mean_interval, standard_error
from embedlab.evaluation.protocol import Estimate, EvaluationSet, VerificationPairs

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BLOCK = 4096  # pairs whose embeddings are held at a time

LEAST_FALSE_ACCEPTS = 10
"""A FAR is stated only where it stands for at least so many false accepts.

With 10 counted, the true number expected lies (95 %, Poisson) between 4.8 and 18.4: the FAR is known to about a factor
of two. With 3 it would be 0.6 to 8.8, no longer the right order of magnitude.
"""


@dataclass(frozen=True)
class VerificationResult:
    """Numbers of one list of pairs, and the arrays to draw them.

    Attributes:
        accuracy: mean over folds, with the 95 % Student-t interval over folds.
        standard_error: of that mean, ``s/√folds``: the ± of the LFW tables.
        fold_accuracies, fold_thresholds: ``(folds,)`` each fold's accuracy at the threshold of the other folds.
        threshold: the most accurate one on all pairs, for pairs to come; no figure here uses it.
        auc: area under the ROC. Interval, as of the next two: 95 % percentile bootstrap over pairs, matching and
            others resampled apart. Pairs that share items are taken as independent.
        eer: the error rate where false accepts and false rejects are equally frequent.
        tar_at_far: by FAR, the share of matching pairs accepted while at most that share of the others is.
        refused: metrics that these pairs can't support, and why.
        distances, same: ``(P,)`` of the pairs.
        thresholds, far, tar: ``(T,)`` the ROC, accepting distances up to each threshold; begins at ``−∞, 0, 0``.
    """

    accuracy: Estimate
    standard_error: float
    fold_accuracies: Floats
    fold_thresholds: Floats
    threshold: float
    auc: Estimate
    eer: Estimate
    tar_at_far: dict[float, Estimate]
    refused: dict[str, str]
    distances: Floats
    same: Bools
    thresholds: Floats
    far: Floats
    tar: Floats

    def metrics(self) -> dict[str, Estimate]:
        """``verification_accuracy``, ``auc``, ``eer`` and ``tar_at_far_1e-2`` … as far as the pairs support them."""
        return {
            "verification_accuracy": self.accuracy,
            "auc": self.auc,
            "eer": self.eer,
            **{_tar_name(far): estimate for far, estimate in self.tar_at_far.items()},
        }


@dataclass(frozen=True)
class Verification:
    """The protocol of LFW View 2: a fold's accuracy is taken at the threshold that is best on all other folds.

    Pairs are the data set's own. Where it has none, as many matching as other pairs are drawn, in folds that share no
    class, like LFW's: a class with two members at random and two of them, or two classes and one of each.

    Source: Huang, Ramesh, Berg, Learned-Miller, "Labeled Faces in the Wild", 2007, sections 3 and 5.

    Args:
        pairs: how many to draw where the data has none of its own; None: refuse such data.
        folds: of the drawn pairs; fewer where there are not two classes for each.
        distance: a name from :mod:`embedlab.distances`.
        fars: false accept rates at which to state the true accept rate; those that would stand for fewer than
            :data:`LEAST_FALSE_ACCEPTS` of the pairs are refused.
        resamples: of the bootstrap.
        seed: of the drawn pairs and of the bootstrap.
    """

    pairs: int | None = 6000
    folds: int = 10
    distance: str | Distance = "squared_euclidean"
    fars: Sequence[float] = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ValueError(f"evaluation.verification.folds={self.folds}: a threshold needs other folds; at least 2")
        if not all(0 < far < 1 for far in self.fars):
            raise ValueError(f"evaluation.verification.fars={list(self.fars)}: rates lie between 0 and 1")
        get_distance(self.distance)

    def __call__(self, data: EvaluationSet) -> VerificationResult:
        """Evaluate the pairs.

        Raises:
            ValueError: no pairs and none may be drawn; pairs all alike; too few classes for two folds.
        """
        pairs = data.pairs
        if pairs is None:
            if self.pairs is None:
                raise ValueError("evaluation.verification.pairs=null: this data has no pairs of its own; say how many")
            pairs = draw_pairs(data.labels, self.pairs, self.folds, self.seed)
        same, fold = np.asarray(pairs.same, bool), np.unique(pairs.fold, return_inverse=True)[1]
        if same.all() or not same.any() or fold.max() < 1:
            raise ValueError("verification needs matching pairs, others, and at least two folds")
        distances = pair_distances(data.embeddings, pairs, self.distance)

        accuracies, thresholds = [], []
        for held_out in range(fold.max() + 1):
            test = fold == held_out
            thresholds.append(best_threshold(distances[~test], same[~test]))
            accuracies.append(np.mean((distances[test] <= thresholds[-1]) == same[test]))

        negatives = int((~same).sum())
        supported = [far for far in self.fars if round(far * negatives, 6) >= LEAST_FALSE_ACCEPTS]
        ends, far, tar = roc(distances, same)
        auc, eer, *tars = self._estimates(distances, same, supported)
        return VerificationResult(
            accuracy=mean_interval(accuracies),
            standard_error=standard_error(accuracies),
            fold_accuracies=np.array(accuracies),
            fold_thresholds=np.array(thresholds),
            threshold=best_threshold(distances, same),
            auc=auc,
            eer=eer,
            tar_at_far=dict(zip(supported, tars, strict=True)),
            refused={
                _tar_name(far): f"needs {LEAST_FALSE_ACCEPTS / far:,.0f} pairs that do not match; "
                f"there are {negatives:,}"
                for far in self.fars
                if far not in supported
            },
            distances=distances,
            same=same,
            thresholds=ends,
            far=far,
            tar=tar,
        )

    def _estimates(self, distances: Floats, same: Bools, fars: Sequence[float]) -> list[Estimate]:
        """AUC, EER and the TAR at each FAR, with bootstrap intervals."""
        bins = np.unique(distances, return_inverse=True)[1]
        matching, others, size = bins[same], bins[~same], int(bins.max()) + 1
        values = _roc_numbers(_cumulative(others, size), _cumulative(matching, size), fars)
        rng = np.random.default_rng(self.seed)
        resampled = [
            _roc_numbers(
                _cumulative(rng.choice(others, len(others)), size),
                _cumulative(rng.choice(matching, len(matching)), size),
                fars,
            )
            for _ in range(self.resamples)
        ]
        lows, highs = np.percentile(resampled, [2.5, 97.5], axis=0)
        return [Estimate(*map(float, numbers)) for numbers in zip(values, lows, highs, strict=True)]


def draw_pairs(labels: NDArray[np.int64], pairs: int, folds: int, seed: int) -> VerificationPairs:
    """Distinct random pairs, as many matching as others, in folds that share no class.

    Args:
        labels: ``(N,)``.
        pairs: over all folds; a small data set can have fewer.
        folds: fewer where there are not two classes of two members for each.
        seed: of the draw.

    Raises:
        ValueError: fewer than four classes have two members.
    """
    rng = np.random.default_rng(seed)
    sizes = np.unique(labels, return_counts=True)[1]
    by_class = np.argsort(labels, kind="stable")
    starts = np.cumsum(sizes) - sizes  # where each class begins in by_class
    several, lone = (rng.permutation(np.flatnonzero(which)) for which in (sizes > 1, sizes == 1))
    folds = min(folds, len(several) // 2)
    if folds < 2:
        raise ValueError(
            "verification draws its pairs from at least four classes with two members each, two classes for "
            f"each of two folds; there are {len(several)}"
        )
    each = pairs // (2 * folds)
    tries = np.ones(4 * each, np.int64)  # more than needed, since some repeat
    drawn: list[tuple[NDArray[np.int64], bool, int]] = []
    for fold, (plural, single) in enumerate(
        zip(np.array_split(several, folds), np.array_split(lone, folds), strict=True)
    ):
        classes = rng.choice(plural, len(tries))
        matching = _distinct_rows(by_class[starts[classes] + _draw_two(rng, sizes[classes])].T)
        classes = np.concatenate([plural, single])
        classes = classes[_draw_two(rng, len(classes) * tries)]
        others = _distinct_rows(by_class[starts[classes] + rng.integers(sizes[classes])].T)
        count = min(each, len(matching), len(others))
        drawn += [(matching[:count], True, fold), (others[:count], False, fold)]
    first, second = np.concatenate([rows for rows, _, _ in drawn]).T
    counts = [len(rows) for rows, _, _ in drawn]
    return VerificationPairs(
        first=first.copy(),
        second=second.copy(),
        same=np.repeat([same for _, same, _ in drawn], counts),
        fold=np.repeat([fold for _, _, fold in drawn], counts),
    )


def _draw_two(rng: np.random.Generator, n: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(2, len(n))`` two different numbers below each ``n``."""
    one, other = rng.integers(n), rng.integers(n - 1)
    return np.stack([one, other + (other >= one)])


def _distinct_rows(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """``(P, 2)`` without pairs seen before, either way round."""
    first_seen = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)[1]
    return pairs[np.sort(first_seen)]


def pair_distances(embeddings: NDArray[np.float32], pairs: VerificationPairs, distance: str | Distance) -> Floats:
    """``(P,)`` distances of the pairs, computed in float64."""
    of_pair = torch.vmap(lambda x, y: get_distance(distance)(x[None], y[None])[0, 0])
    points = torch.from_numpy(embeddings)
    blocks = zip(*(torch.from_numpy(rows).split(_BLOCK) for rows in (pairs.first, pairs.second)), strict=True)
    return torch.cat([of_pair(points[x].double(), points[y].double()) for x, y in blocks]).numpy()


def best_threshold(distances: Floats, same: Bools) -> float:
    """Accepting distances ``(P,)`` up to this one is most accurate: halfway between two; of several the lowest."""
    values, bins = np.unique(distances, return_inverse=True)
    gains = np.bincount(bins, weights=np.where(same, 1, -1)).cumsum()
    between = np.concatenate([[np.nextafter(values[0], -np.inf)], (values[:-1] + values[1:]) / 2, values[-1:]])
    return float(between[np.argmax(np.concatenate([[0], gains]))])


def roc(distances: Floats, same: Bools) -> tuple[Floats, Floats, Floats]:
    """Thresholds ``(T,)``, each distance once after −∞, and the FAR and TAR of accepting distances up to each."""
    thresholds, bins = np.unique(distances, return_inverse=True)
    far, tar = (_cumulative(bins[which], len(thresholds)) for which in (~same, same))
    return np.concatenate([[-np.inf], thresholds]), far, tar


def _cumulative(bins: NDArray[np.int64], size: int) -> Floats:
    """``(size + 1,)`` share of ``bins`` below 0, up to 0, up to 1, …"""
    return np.concatenate([[0.0], np.bincount(bins, minlength=size).cumsum() / len(bins)])


def _roc_numbers(far: Floats, tar: Floats, fars: Sequence[float]) -> list[float]:
    """AUC, EER (linear between the two points of the ROC where it is crossed), and the TAR at each FAR."""
    auc = float((np.diff(far) * (tar[1:] + tar[:-1]) / 2).sum())
    gap = far - (1 - tar)  # from −1 to 1, never falling
    after = int(np.argmax(gap >= 0))
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    eer = float(far[after - 1] + share * (far[after] - far[after - 1]))
    return [auc, eer, *tar[np.searchsorted(far, fars, side="right") - 1]]


def _tar_name(far: float) -> str:
    digits, exponent = f"{far:e}".split("e")
    return f"tar_at_far_{float(digits):g}e{int(exponent)}"
