"""Clustering: do the clusters of k-means agree with the classes?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from embedlab.evaluation.protocol import Estimate, EvaluationSet


@dataclass(frozen=True)
class ClusteringResult:
    """Agreement of clusters and classes; no interval is defined for one clustering.

    Attributes:
        nmi: mutual information over the arithmetic mean of the two entropies.
        ami: the same, adjusted so that chance gives 0.
        ari: Rand index adjusted so that chance gives 0.
        clusters: ``(N,)`` cluster of each item.
    """

    nmi: Estimate
    ami: Estimate
    ari: Estimate
    clusters: NDArray[np.int32]

    def metrics(self) -> dict[str, Estimate]:
        """``nmi``, ``ami``, ``ari``."""
        return {"nmi": self.nmi, "ami": self.ami, "ari": self.ari}


@dataclass(frozen=True)
class Clustering:
    """k-means (k-means++ start, Euclidean) with as many clusters as there are classes; NMI, AMI, ARI.

    NMI grows with the number of clusters even for random ones: compare it between models, not between data sets.

    Sources: Arthur, Vassilvitskii, "k-means++", SODA 2007; Vinh, Epps, Bailey, "Information Theoretic Measures for
    Clusterings Comparison", JMLR 2010 (AMI); Hubert, Arabie, "Comparing Partitions", 1985 (ARI).

    Args:
        max_iterations: of k-means; it ends earlier when no item moves.
        seed: of its start.
    """

    max_iterations: int = 20
    seed: int = 0

    def __call__(self, data: EvaluationSet) -> ClusteringResult:
        """Cluster and compare."""
        from sklearn.cluster import KMeans  # a second to import, which no run needs before its first step
        from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

        labels = data.labels
        # A collapsed model can leave fewer points than classes.
        distinct = len(np.unique(data.embeddings, axis=0))
        kmeans = KMeans(
            n_clusters=min(len(np.unique(labels)), distinct),
            n_init=1,
            max_iter=self.max_iterations,
            random_state=self.seed,
        )
        # Threads add up the cluster means in the order they finish, which need not give the same figure twice;
        # and the many small products of the start only lose time to them.
        with threadpool_limits(1):
            clusters = kmeans.fit(data.embeddings).labels_
        return ClusteringResult(
            nmi=Estimate(float(normalized_mutual_info_score(labels, clusters))),
            ami=Estimate(float(adjusted_mutual_info_score(labels, clusters))),
            ari=Estimate(float(adjusted_rand_score(labels, clusters))),
            clusters=clusters,
        )
