"""Retrieval: does a query find its own class among its nearest neighbours?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedlab.distances import Distance, get_distance
from embedlab.evaluation.intervals import mean_interval
from embedlab.evaluation.protocol import Estimate, EvaluationSet
from embedlab.search import ExactIndex

_BLOCK = 1024  # queries whose neighbours are held at a time


@dataclass(frozen=True)
class RetrievalResult:
    """Means over the queries, with 95 % intervals clustered by class.

    Attributes:
        recall: by k, the share of queries with one of their class among the k nearest.
        r_precision: share of the R nearest that are of the query's class, R being how many of it there are to find.
        map_at_r: mean average precision over the R nearest.
        queries: how many queries count.
        excluded: how many were left out, since there is nothing of their class to find.
    """

    recall: dict[int, Estimate]
    r_precision: Estimate
    map_at_r: Estimate
    queries: int
    excluded: int

    def metrics(self) -> dict[str, Estimate]:
        """``recall_at_k`` for each k, ``r_precision``, ``map_at_r``."""
        recall = {f"recall_at_{k}": estimate for k, estimate in self.recall.items()}
        return {**recall, "r_precision": self.r_precision, "map_at_r": self.map_at_r}


@dataclass(frozen=True)
class Retrieval:
    """Recall@k, R-precision and MAP@R, every item a query against all others, or against a gallery.

    ``MAP@R = mean over queries of 1/R Σ_{i≤R} P(i)·[the i-th is of the class]``, ``P(i)`` being the precision among
    the first i. Equally near items rank by row number. The full matrix of distances is never held.

    Queries of one class look for the same few items and so succeed or fail together; intervals therefore take the
    class, not the query, as what was drawn (normal approximation with clustered standard error).

    Source: Musgrave, Belongie, Lim, "A Metric Learning Reality Check", ECCV 2020, section 3.2.

    Args:
        ks: the k of Recall@k.
        distance: nearest by this one; a name from :mod:`embedlab.distances`.
    """

    ks: Sequence[int] = (1, 5, 10)
    distance: str | Distance = "squared_euclidean"

    def __post_init__(self) -> None:
        if not self.ks or min(self.ks) < 1:
            raise ValueError(f"evaluation.retrieval.ks={list(self.ks)}: Recall@k needs at least one k, from 1 up")
        get_distance(self.distance)

    def __call__(self, data: EvaluationSet, gallery: EvaluationSet | None = None) -> RetrievalResult:
        """Evaluate ``data`` as queries against ``gallery``, or each item of it against the others.

        Raises:
            ValueError: no query has anything of its class to find.
        """
        searched = data if gallery is None else gallery
        index = ExactIndex(searched.embeddings, self.distance)
        classes, sizes = np.unique(searched.labels, return_counts=True)
        size_of = dict(zip(classes.tolist(), sizes.tolist(), strict=True))
        relevant = np.array([size_of.get(label, 0) for label in data.labels.tolist()]) - (gallery is None)
        queries = np.flatnonzero(relevant > 0)
        if len(queries) == 0:
            raise ValueError("retrieval has nothing to find: no query shares its class with any other item")

        # Queries with as many to find go together, so that one huge class does not make all searches deep.
        queries = queries[np.argsort(relevant[queries], kind="stable")]
        scores = []
        for block in np.array_split(queries, range(_BLOCK, len(queries), _BLOCK)):
            r = relevant[block][:, None]
            depth = max(*self.ks, int(r.max()))
            exclude = block if gallery is None else None
            rows = index.search(data.embeddings[block], depth, exclude).rows
            hits = searched.labels[rows] == data.labels[block][:, None]
            rank = np.arange(1, hits.shape[1] + 1)
            precise = hits & (rank <= r)
            precision = hits.cumsum(1) / rank
            scores.append(
                np.stack(
                    [
                        *(hits[:, :k].any(1) for k in self.ks),
                        precise.sum(1) / r[:, 0],
                        (precision * precise).sum(1) / r[:, 0],
                    ]
                )
            )
        *recall, r_precision, map_at_r = (
            mean_interval(score, data.labels[queries]) for score in np.concatenate(scores, axis=1)
        )
        return RetrievalResult(
            recall=dict(zip(self.ks, recall, strict=True)),
            r_precision=r_precision,
            map_at_r=map_at_r,
            queries=len(queries),
            excluded=len(data.labels) - len(queries),
        )
