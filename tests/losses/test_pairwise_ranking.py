import math

import pytest
import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import MeanReducer

from embedlab.batch import EmbeddingBatch, Triplets
from embedlab.distances import DISTANCES
from embedlab.losses import PairwiseHingeLoss, PairwiseLogisticLoss

LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 3])


def example():
    torch.manual_seed(0)
    return torch.randn(len(LABELS), 5, dtype=torch.float64).requires_grad_()


def differences(x, distance, chosen=None):
    """``s_ap − s_an`` of every triplet."""
    s, labels, rows = (-DISTANCES[distance](x, x)).tolist(), LABELS.tolist(), range(len(LABELS))
    chosen = chosen or [
        (a, p, n) for a in rows for p in rows for n in rows if a != p and labels[a] == labels[p] != labels[n]
    ]
    return [s[a][p] - s[a][n] for a, p, n in chosen]


@pytest.mark.parametrize("distance", DISTANCES)
def test_hinge_by_loops_over_triplets(distance):
    x = example()
    loss, over = PairwiseHingeLoss(0.3, distance), differences(x, distance)
    value = sum(max(0.0, 0.3 - difference) for difference in over) / len(over)
    assert loss(EmbeddingBatch(x, LABELS)).item() == pytest.approx(value, rel=1e-9)
    active = sum(difference < 0.3 for difference in over) / len(over)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active)


@pytest.mark.parametrize("distance", DISTANCES)
def test_logistic_by_loops_over_triplets(distance):
    x = example()
    loss, over = PairwiseLogisticLoss(2.0, distance), differences(x, distance)
    value = sum(math.log1p(math.exp(-2 * difference)) for difference in over) / len(over)
    assert loss(EmbeddingBatch(x, LABELS)).item() == pytest.approx(value, rel=1e-8)
    active = sum(difference < 0 for difference in over) / len(over)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active)


def test_mined_triplets():
    x = example()
    mined = Triplets(*torch.tensor([[0, 2, 1], [4, 1, 7], [3, 6, 5]]).T)
    over = differences(x, "cosine", torch.stack(mined, 1).tolist())
    hinge = sum(max(0.0, 0.2 - difference) for difference in over) / 3
    logistic = sum(math.log1p(math.exp(-10 * difference)) for difference in over) / 3
    assert PairwiseHingeLoss()(EmbeddingBatch(x, LABELS), mined).item() == pytest.approx(hinge, rel=1e-9)
    assert PairwiseLogisticLoss()(EmbeddingBatch(x, LABELS), mined).item() == pytest.approx(logistic, rel=1e-8)


def test_two_towers_rank_the_documents_of_each_query():
    queries, documents = torch.eye(2, dtype=torch.float64), torch.tensor([[1.0, 0.5], [0.9, 0.0]]).double()
    batch = EmbeddingBatch(queries, torch.tensor([0, 1]), documents, torch.tensor([0, 1]), offset=None)
    # Scores of the first query: 1.0 (its own) and 0.9; of the second: 0.0 (its own) and 0.5.
    assert PairwiseHingeLoss(1.0, "dot")(batch).item() == pytest.approx((0.9 + 1.5) / 2)
    logistic = (math.log1p(math.exp(-0.1)) + math.log1p(math.exp(0.5))) / 2
    assert PairwiseLogisticLoss(1.0, "dot")(batch).item() == pytest.approx(logistic, rel=1e-8)


def test_parity_with_pytorch_metric_learning():
    """Its triplet margin loss on cosines, averaged over all triplets; its smooth form has no σ, so σ = 1."""
    x = example()
    peer = {"distance": CosineSimilarity(), "reducer": MeanReducer()}
    hinge = TripletMarginLoss(0.2, **peer)(x, LABELS)
    torch.testing.assert_close(PairwiseHingeLoss()(EmbeddingBatch(x, LABELS)), hinge, rtol=1e-9, atol=0)
    logistic = TripletMarginLoss(0.0, smooth_loss=True, **peer)(x, LABELS)
    torch.testing.assert_close(PairwiseLogisticLoss(1.0)(EmbeddingBatch(x, LABELS)), logistic, rtol=1e-9, atol=0)


def test_bad_values_are_named():
    with pytest.raises(ValueError, match="margin"):
        PairwiseHingeLoss(0.0)
    with pytest.raises(ValueError, match="scale"):
        PairwiseLogisticLoss(-1.0)
