import math

import pytest
import torch
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.losses import NPairsLoss as PeerNPairsLoss
from pytorch_metric_learning.losses import NTXentLoss

from embedlab.batch import EmbeddingBatch, Pairs
from embedlab.distances import DISTANCES
from embedlab.losses import NPairsLoss

LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 3])


def example():
    torch.manual_seed(0)
    return torch.randn(len(LABELS), 5, dtype=torch.float64).requires_grad_()


def brute_force(x, positive, negative, distance, temperature):
    s = (-DISTANCES[distance](x, x) / temperature).tolist()
    terms, wrong = [], 0
    for a, p in positive:
        against = [s[a][n] for b, n in negative if b == a]
        terms.append(-math.log(math.exp(s[a][p]) / (math.exp(s[a][p]) + sum(map(math.exp, against)))))
        wrong += max(against) >= s[a][p]
    return sum(terms) / len(terms), wrong / len(terms)


@pytest.mark.parametrize("temperature", [1.0, 0.3])
@pytest.mark.parametrize("distance", DISTANCES)
def test_value_and_active_fraction_by_loops_over_pairs(distance, temperature):
    x, labels, rows = example(), LABELS.tolist(), range(len(LABELS))
    positive = [(a, p) for a in rows for p in rows if a != p and labels[a] == labels[p]]
    negative = [(a, n) for a in rows for n in rows if labels[a] != labels[n]]
    loss = NPairsLoss(temperature, distance)
    value, active = brute_force(x, positive, negative, distance, temperature)
    assert loss(EmbeddingBatch(x, LABELS)).item() == pytest.approx(value, rel=1e-8)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active)


def test_mined_pairs():
    x = example()
    mined = Pairs(*map(torch.tensor, ([0, 0, 1], [2, 5, 4], [0, 0, 1], [1, 3, 0])))
    value, active = brute_force(x, [(0, 2), (0, 5), (1, 4)], [(0, 1), (0, 3), (1, 0)], "dot", 1.0)
    loss = NPairsLoss()
    assert loss(EmbeddingBatch(x, LABELS), mined).item() == pytest.approx(value, rel=1e-8)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active)


def test_an_anchor_without_mined_negatives_adds_nothing():
    x = example()
    mined = Pairs(*map(torch.tensor, ([0, 1], [2, 4], [0], [1])))
    value = NPairsLoss()(EmbeddingBatch(x, LABELS), mined)
    alone, _ = brute_force(x, [(0, 2)], [(0, 1)], "dot", 1.0)
    assert value.item() == pytest.approx(alone / 2, rel=1e-8)
    assert torch.autograd.grad(value, x)[0].isfinite().all()


@pytest.mark.parametrize("peer", [CosineSimilarity(), LpDistance(normalize_embeddings=False, power=2)])
def test_parity_with_nt_xent_of_pytorch_metric_learning(peer):
    x, distance = example(), "cosine" if peer.is_inverted else "squared_euclidean"
    ours, theirs = NPairsLoss(0.5, distance)(EmbeddingBatch(x, LABELS)), NTXentLoss(0.5, distance=peer)(x, LABELS)
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=0)
    torch.testing.assert_close(*(torch.autograd.grad(v, x)[0] for v in (ours, theirs)), rtol=1e-6, atol=1e-9)


def test_two_towers_with_a_pair_per_class_are_sohns_n_pairs():
    """Parity with the peer's N-pairs, which takes the first two of each class as anchor and positive."""
    x = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    labels = torch.arange(5)
    ours = NPairsLoss()(EmbeddingBatch(x, labels, y, labels, offset=None))
    chosen = Pairs(labels, labels + 5, labels[:0], labels[:0])
    peer = PeerNPairsLoss()
    peer.distance.normalize_embeddings = False
    theirs = peer(torch.cat([x, y]), torch.cat([labels, labels]), tuple(chosen))
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=0)


def test_closed_form_all_alike():
    """With all embeddings alike the positive is one of 1 + 6 equals."""
    value = NPairsLoss(0.1, "cosine")(EmbeddingBatch(torch.ones(8, 3), torch.arange(8) // 2))
    assert value.item() == pytest.approx(math.log(7), rel=1e-6)


def test_bad_temperature_is_named():
    with pytest.raises(ValueError, match="temperature"):
        NPairsLoss(0.0)
