"""Word similarity: do cosines rank pairs of words as people do?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.word_lookup import WordLookup
from embedlab.vectors.word_vectors import Matrix, WordVectors, row_products, unit

Floats = NDArray[np.float64]
UNKNOWN = ("skip", "zero", "subwords")


@dataclass(frozen=True)
class WordPairs:
    """Pairs of words that people judged.

    Attributes:
        first, second: P words each.
        scores: ``(P,)`` in any unit, more for more alike; 0 and 1 alone where a pair is related or is not.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    scores: Floats

    @property
    def yes_or_no(self) -> bool:
        """Whether the scores say no more than related or not."""
        return bool(np.isin(self.scores, (0, 1)).all())


@dataclass(frozen=True)
class WordSimilarityResult:
    """Agreement with the scores.

    Attributes:
        measure: ``spearman`` or ``average_precision``.
        agreement: its value with the 95 % percentile interval of a bootstrap over pairs.
        coverage: share of the pairs both of whose words have vectors.
        similarities, scores: ``(n,)`` of the pairs compared.
    """

    measure: str
    agreement: Estimate
    coverage: float
    similarities: Floats
    scores: Floats

    def metrics(self) -> dict[str, Estimate]:
        """``spearman`` or ``average_precision``, and ``coverage``; the latter alone where no two pairs are left."""
        found = {"coverage": Estimate(self.coverage)}
        return found if np.isnan(self.agreement.value) else {self.measure: self.agreement, **found}


@dataclass(frozen=True)
class WordSimilarity:
    """Spearman's rank correlation of cosines and scores; of pairs related or not, average precision by cosine.

    Sources: Finkelstein et al., "Placing Search in Context", 2002 (WordSim-353); Hill, Reichart, Korhonen,
    "SimLex-999", 2015; Panchenko et al., "RUSSE: The First Workshop on Russian Semantic
    Similarity", 2015 (average precision).

    Args:
        unknown: pairs with a word out of the vocabulary are left out (``skip``), count as of cosine 0 (``zero``,
            gensim's ``dummy4unknown``), or are compared by ``subwords``, and left out where there are none.
        restrict_vocab: take only the first so many words as known.
        case_fold: compare words in upper case.
        resamples: of the bootstrap.
        seed: of the bootstrap.
    """

    unknown: str = "skip"
    restrict_vocab: int | None = None
    case_fold: bool = True
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.unknown not in UNKNOWN:
            raise ValueError(f"evaluation.word_similarity.unknown={self.unknown}: one of {', '.join(UNKNOWN)}")

    def __call__(self, vectors: WordVectors, pairs: WordPairs) -> WordSimilarityResult:
        """Evaluate."""
        lookup = WordLookup(vectors.index_to_key, self.restrict_vocab, self.case_fold)
        first, first_known = self._units(vectors, lookup, pairs.first)
        second, second_known = self._units(vectors, lookup, pairs.second)
        known = first_known & second_known
        kept = np.ones(len(known), bool) if self.unknown == "zero" else known
        similarities = np.where(known, row_products(first, second), 0.0)[kept]
        scores = pairs.scores[kept]
        measure: Callable[..., float] = average_precision if pairs.yes_or_no else spearman
        return WordSimilarityResult(
            measure.__name__,
            bootstrapped(measure, similarities, scores, self.resamples, self.seed),
            float(known.mean()) if len(known) else 0.0,
            similarities,
            scores,
        )

    def _units(
        self, vectors: WordVectors, lookup: WordLookup, words: tuple[str, ...]
    ) -> tuple[Matrix, NDArray[np.bool_]]:
        """Vectors ``(P, D)`` at length 1, and which of them there are."""
        rows = lookup(words)
        found, known = vectors.normed[rows], rows >= 0
        if self.unknown == "subwords" and vectors.subwords:
            for pair in np.flatnonzero(~known):
                vector = vectors.subwords.of_unseen(words[pair])
                if vector is not None:
                    found[pair], known[pair] = unit(vector), True
        return found, known


def spearman(x: NDArray[np.int64], y: NDArray[np.int64], weights: Floats) -> float:
    """Spearman's rank correlation, equals sharing the mean of their ranks.

    Args:
        x, y: ``(n,)`` dense ranks, 0 for the smallest.
        weights: ``(n,)`` how often each pair is there.
    """
    ranks = []
    for dense in (x, y):
        sizes = np.bincount(dense, weights)
        mean_rank = (np.cumsum(sizes) - (sizes - 1) / 2)[dense]
        ranks.append(mean_rank - weights @ mean_rank / weights.sum())
    covariance = weights @ (ranks[0] * ranks[1])
    variances = weights @ ranks[0] ** 2 * (weights @ ranks[1] ** 2)
    return float(covariance / np.sqrt(variances)) if variances > 0 else np.nan


def average_precision(x: NDArray[np.int64], y: NDArray[np.int64], weights: Floats) -> float:
    """The precision at each related pair, most similar first, averaged over these; equals are met together.

    Args:
        x: ``(n,)`` dense ranks of the similarities, 0 for the smallest.
        y: ``(n,)`` 1 for the related.
        weights: ``(n,)`` how often each pair is there.
    """
    met = np.bincount(x, weights)[::-1]
    hits = np.bincount(x, weights * y)[::-1]
    if not hits.sum():
        return np.nan
    return float(hits @ (np.cumsum(hits) / np.maximum(np.cumsum(met), 1)) / hits.sum())


def bootstrapped(measure: Callable[..., float], x: Floats, y: Floats, resamples: int, seed: int) -> Estimate:
    """The measure with its 95 % percentile interval over resampled pairs: a resample only changes their weights."""
    if len(x) < 2:
        return Estimate(np.nan)
    x_ranks, y_ranks = (np.unique(values, return_inverse=True)[1] for values in (x, y))
    value, rng = measure(x_ranks, y_ranks, np.ones(len(x))), np.random.default_rng(seed)
    draws = [
        measure(x_ranks, y_ranks, np.bincount(rng.integers(len(x), size=len(x)), minlength=len(x)).astype(float))
        for _ in range(resamples)
    ]
    if not draws or np.isnan(draws).all():
        return Estimate(value)
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
