from itertools import combinations
from math import comb

import numpy as np
import pytest

from embedlab.evaluation import Clustering, Estimate, EvaluationSet


def blobs(spread, seed=0, classes=12, each=15):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(classes), each))
    centers = rng.normal(size=(classes, 8))
    return EvaluationSet((centers[labels] + spread * rng.normal(size=(len(labels), 8))).astype(np.float32), labels)


def entropy(labels):
    p = np.unique(labels, return_counts=True)[1] / len(labels)
    return -(p * np.log(p)).sum()


def test_separated_classes_are_found():
    result = Clustering()(blobs(0.01))
    assert [e.value for e in result.metrics().values()] == pytest.approx([1, 1, 1], abs=1e-12)
    assert list(result.metrics()) == ["nmi", "ami", "ari"]
    assert result.nmi.low is None


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_their_formulas(seed):
    data = blobs(1.2, seed)
    result = Clustering(seed=seed)(data)
    clusters, labels = result.clusters, data.labels
    joint = labels * 1000 + clusters
    information = entropy(labels) + entropy(clusters) - entropy(joint)
    assert result.nmi.value == pytest.approx(information / (entropy(labels) + entropy(clusters)) * 2, abs=1e-9)

    pairs = comb(len(labels), 2)
    together = [(labels[i] == labels[j], clusters[i] == clusters[j]) for i, j in combinations(range(len(labels)), 2)]
    both, in_class, in_cluster = sum(a and b for a, b in together), *np.sum(together, axis=0)
    chance = in_class * in_cluster / pairs
    ari = (both - chance) / ((in_class + in_cluster) / 2 - chance)
    assert result.ari.value == pytest.approx(ari, abs=1e-12)

    # AMI: the expected information of random clusterings of the same sizes, here by simulation.
    rng = np.random.default_rng(0)
    expected = np.mean(
        [entropy(labels) + entropy(clusters) - entropy(labels * 1000 + rng.permutation(clusters)) for _ in range(2000)]
    )
    ami = (information - expected) / ((entropy(labels) + entropy(clusters)) / 2 - expected)
    assert result.ami.value == pytest.approx(ami, abs=3e-3)


def test_same_seed_same_clusters():
    data = blobs(1.0)
    np.testing.assert_array_equal(Clustering(seed=3)(data).clusters, Clustering(seed=3)(data).clusters)


def test_random_embeddings_score_zero_where_adjusted():
    rng = np.random.default_rng(0)
    result = Clustering()(EvaluationSet(rng.normal(size=(600, 4)).astype(np.float32), np.repeat(np.arange(30), 20)))
    assert abs(result.ami.value) < 0.03
    assert abs(result.ari.value) < 0.01
    assert result.nmi.value > 0.2  # grows with the number of clusters: not adjusted


@pytest.mark.filterwarnings("error")
def test_collapsed_embeddings_and_one_class():
    labels = np.repeat(np.arange(4), 5)
    collapsed = Clustering()(EvaluationSet(np.ones((20, 3), np.float32), labels))
    assert collapsed.metrics() == {"nmi": Estimate(0.0), "ami": Estimate(0.0), "ari": Estimate(0.0)}
    one = Clustering()(EvaluationSet(np.eye(6, dtype=np.float32), np.zeros(6, int)))
    assert one.ari == Estimate(1.0)
