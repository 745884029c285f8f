import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss as PeerContrastiveLoss

from embedlab.batch import EmbeddingBatch, Pairs, Triplets
from embedlab.distances import DISTANCES
from embedlab.losses import ContrastiveLoss

LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 3])


def example():
    torch.manual_seed(0)
    return torch.randn(len(LABELS), 5, dtype=torch.float64).requires_grad_()


def brute_force(x, positive, negative, margin, distance, balanced):
    d = DISTANCES[distance](x, x).tolist()
    pull = [0.5 * d[a][p] ** 2 for a, p in positive]
    push = [0.5 * max(0.0, margin - d[a][n]) ** 2 for a, n in negative]
    active = sum(term > 0 for term in pull + push) / len(pull + push)
    if balanced:
        return sum(pull) / len(pull) + sum(push) / len(push), active
    return sum(pull + push) / len(pull + push), active


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_value_and_active_fraction_by_loops_over_pairs(distance, balanced):
    x, margin = example(), 2.5 if distance == "euclidean" else 0.9
    labels, rows = LABELS.tolist(), range(len(LABELS))
    positive = [(a, p) for a in rows for p in rows if a != p and labels[a] == labels[p]]
    negative = [(a, n) for a in rows for n in rows if labels[a] != labels[n]]
    loss = ContrastiveLoss(margin, distance, balanced)
    value, active = brute_force(x, positive, negative, margin, distance, balanced)
    assert loss(EmbeddingBatch(x, LABELS)).item() == pytest.approx(value, rel=1e-12)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active)


@pytest.mark.parametrize("balanced", [True, False])
def test_mined_pairs_and_triplets(balanced):
    x = example()
    mined = Pairs(*map(torch.tensor, ([0, 1], [2, 4], [3, 3, 5], [0, 1, 7])))
    value, _ = brute_force(x, [(0, 2), (1, 4)], [(3, 0), (3, 1), (5, 7)], 2.5, "euclidean", balanced)
    loss = ContrastiveLoss(2.5, balanced=balanced)
    assert loss(EmbeddingBatch(x, LABELS), mined).item() == pytest.approx(value, rel=1e-12)
    triplets = Triplets(*torch.tensor([[0, 2, 1], [0, 2, 3], [6, 3, 7]]).T)
    value, _ = brute_force(x, [(0, 2), (6, 3)], [(0, 1), (0, 3), (6, 7)], 2.5, "euclidean", balanced)
    assert loss(EmbeddingBatch(x, LABELS), triplets).item() == pytest.approx(value, rel=1e-12)


def test_closed_form():
    x = torch.tensor([[0.0], [3.0], [4.0]], dtype=torch.float64)
    batch = EmbeddingBatch(x, torch.tensor([0, 0, 1]))
    # One pair at 3, negatives at 4 and 1, each seen from both ends.
    assert ContrastiveLoss(2.0)(batch) == 0.5 * 9 + 0.5 * 0.5
    assert ContrastiveLoss(2.0, balanced=False)(batch) == 0.5 * (9 + 0 + 1) / 3
    only = EmbeddingBatch(x[1:], torch.tensor([0, 1]))
    assert ContrastiveLoss(2.0)(only) == 0.5


def test_parity_with_pytorch_metric_learning():
    """Its terms are ``(d − m_pos)₊`` and ``(m_neg − d)₊``: Hadsell's squares are not there.

    So the pull is half of its own on *squared* distances, and the push has no counterpart.
    """
    x = example()
    ours = ContrastiveLoss(1e-6)(EmbeddingBatch(x, LABELS))
    peer = PeerContrastiveLoss(pos_margin=0, neg_margin=0, distance=LpDistance(normalize_embeddings=False, power=2))
    torch.testing.assert_close(ours, 0.5 * peer(x, LABELS), rtol=1e-12, atol=0)


def test_gradient_is_finite_where_points_coincide():
    x = torch.ones(4, 3, requires_grad=True)
    ContrastiveLoss()(EmbeddingBatch(x, torch.tensor([0, 0, 1, 1]))).backward()
    assert torch.equal(x.grad, torch.zeros(4, 3))


def test_bad_margin_is_named():
    with pytest.raises(ValueError, match="above zero"):
        ContrastiveLoss(0.0)
