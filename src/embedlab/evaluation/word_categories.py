"""Word categorisation: do clusters of word vectors match categories such as fruit and tool?"""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.word_lookup import WordLookup
from embedlab.vectors.word_vectors import WordVectors


@dataclass(frozen=True)
class CategorizedWords:
    """Words ``(N,)`` and the category of each ``(N,)``; a word of two categories stands there twice."""

    words: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True)
class WordCategoriesResult:
    """Agreement of clusters and categories.

    Attributes:
        purity: share of the words that are of the commonest category of their cluster.
        coverage: share of the words that have vectors.
    """

    purity: Estimate
    coverage: float

    def metrics(self) -> dict[str, Estimate]:
        """``purity`` and ``coverage``."""
        found = {"coverage": Estimate(self.coverage)}
        return found if np.isnan(self.purity.value) else {"purity": self.purity, **found}


@dataclass(frozen=True)
class WordCategories:
    """k-means of the vectors at length 1, with as many clusters as there are categories.

    Source: Baroni, Dinu, Kruszewski, "Don't count, predict!", ACL 2014.

    Args:
        case_fold: compare words in upper case.
        restarts: of k-means, of which the tightest is taken.
        seed: of its starts.
    """

    case_fold: bool = True
    restarts: int = 10
    seed: int = 0

    def __call__(self, vectors: WordVectors, items: CategorizedWords) -> WordCategoriesResult:
        """Evaluate."""
        rows = WordLookup(vectors.index_to_key, None, self.case_fold)(items.words)
        known = rows >= 0
        names, labels = np.unique(np.array(items.categories)[known], return_inverse=True)
        distinct = len(np.unique(rows[known]))
        if not distinct:
            return WordCategoriesResult(Estimate(np.nan), 0.0)
        kmeans = KMeans(min(len(names), distinct), n_init=self.restarts, random_state=self.seed)
        with threadpool_limits(1):  # threads add up in the order they finish: the figure would not repeat
            clusters = kmeans.fit(vectors.normed[rows[known]]).labels_
        table = np.zeros((len(names), kmeans.n_clusters), int)
        np.add.at(table, (labels, clusters), 1)
        return WordCategoriesResult(Estimate(float(table.max(0).sum() / table.sum())), float(known.mean()))
