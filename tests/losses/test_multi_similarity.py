import math

import pytest
import torch
from pytorch_metric_learning.losses import MultiSimilarityLoss as PeerMultiSimilarityLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner

from embedlab.batch import EmbeddingBatch, Pairs
from embedlab.distances import cosine
from embedlab.losses import MultiSimilarityLoss

LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 3])
ROWS = range(len(LABELS))


def example():
    torch.manual_seed(0)
    return torch.randn(len(LABELS), 5, dtype=torch.float64).requires_grad_()


def brute_force(x, epsilon, alpha=2.0, beta=50.0, base=0.5):
    s, labels, total, kept, pairs = (1 - cosine(x, x)).tolist(), LABELS.tolist(), 0.0, 0, 0
    for a in ROWS:
        positive = [s[a][p] for p in ROWS if p != a and labels[a] == labels[p]]
        negative = [s[a][n] for n in ROWS if labels[a] != labels[n]]
        pairs += len(positive + negative)
        if epsilon is not None:
            low, high = min(positive, default=math.inf), max(negative, default=-math.inf)
            positive = [v for v in positive if v < high + epsilon]
            negative = [v for v in negative if v > low - epsilon]
        kept += len(positive + negative)
        total += math.log1p(sum(math.exp(-alpha * (v - base)) for v in positive)) / alpha
        total += math.log1p(sum(math.exp(beta * (v - base)) for v in negative)) / beta
    return total / len(labels), kept / pairs


@pytest.mark.parametrize("epsilon", [None, 0.0, 0.1, 0.5])
def test_value_and_active_fraction_by_loops_over_pairs(epsilon):
    x, loss = example(), MultiSimilarityLoss(epsilon=epsilon)
    value, active = brute_force(x, epsilon)
    assert loss(EmbeddingBatch(x, LABELS)).item() == pytest.approx(value, rel=1e-12)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active)


@pytest.mark.parametrize("epsilon", [None, 0.1])
def test_parity_with_pytorch_metric_learning(epsilon):
    """There the paper's selection is a miner of its own."""
    x = example()
    ours = MultiSimilarityLoss(epsilon=epsilon)(EmbeddingBatch(x, LABELS))
    mined = None if epsilon is None else MultiSimilarityMiner(epsilon)(x, LABELS)
    theirs = PeerMultiSimilarityLoss()(x, LABELS, mined)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)
    torch.testing.assert_close(*(torch.autograd.grad(v, x)[0] for v in (ours, theirs)), rtol=1e-9, atol=1e-12)


def test_mined_pairs_are_not_selected_from_again():
    x = example()
    mined = Pairs(*map(torch.tensor, ([0, 0, 1], [2, 5, 4], [0, 3, 3], [1, 0, 1])))
    ours = MultiSimilarityLoss(epsilon=0.1)(EmbeddingBatch(x, LABELS), mined)
    torch.testing.assert_close(ours, PeerMultiSimilarityLoss()(x, LABELS, tuple(mined)), rtol=1e-12, atol=0)


def test_without_selection_negatives_alone_push():
    x = torch.eye(2, dtype=torch.float64)
    value = MultiSimilarityLoss(epsilon=None)(EmbeddingBatch(x, torch.arange(2)))
    assert value.item() == pytest.approx(math.log1p(math.exp(-25)) / 50, rel=1e-9)


def test_bad_values_are_named():
    with pytest.raises(ValueError, match="alpha"):
        MultiSimilarityLoss(alpha=0.0)
