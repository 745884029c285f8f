import pytest
import torch
from pytorch_metric_learning import losses as peer
from pytorch_metric_learning import miners as peer_miners
from pytorch_metric_learning.utils import loss_and_miner_utils as peer_indices

from embedlab.batch import EmbeddingBatch, Pairs, Triplets
from embedlab.losses import MetricLearningLoss
from embedlab.miners import MetricLearningMiner

LOSSES = [peer.MultiSimilarityLoss(), peer.CircleLoss(), peer.TripletMarginLoss(margin=0.3)]


def embeddings(size=8):
    torch.manual_seed(0)
    return torch.randn(size, 4, dtype=torch.float64), torch.arange(size) % 3


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_equals_the_peer_called_directly(loss):
    x, labels = embeddings()
    assert torch.equal(MetricLearningLoss(loss)(EmbeddingBatch(x, labels)), loss(x, labels))


def test_weights_of_the_peer_are_its_own():
    loss = MetricLearningLoss(peer.ArcFaceLoss(3, 4).double())
    x, labels = embeddings()
    assert torch.equal(loss(EmbeddingBatch(x, labels)), loss.loss(x, labels))
    assert [name for name, _ in loss.named_parameters()] == ["loss.W"]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("kind", [Triplets, Pairs])
def test_what_was_mined_is_its_indices_tuple(loss, kind):
    x, labels = embeddings()
    mined = kind(*(torch.tensor(i) for i in ([0, 1], [3, 4], [1, 0], [2, 5])[: len(kind._fields)]))
    assert torch.equal(MetricLearningLoss(loss)(EmbeddingBatch(x, labels), mined), loss(x, labels, tuple(mined)))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_candidates_of_another_tower_are_its_references(loss):
    (x, labels), y = embeddings(), torch.randn(8, 4, dtype=torch.float64)
    batch = EmbeddingBatch(x, labels, y, labels, offset=None)  # row i of one tower goes with row i of the other
    indices = peer_indices.get_all_pairs_indices(labels, labels.clone())
    if isinstance(loss, peer.TripletMarginLoss):
        indices = peer_indices.get_all_triplets_indices(labels, labels.clone())
    assert len(indices[0]) > 0
    expected = loss(x, labels, indices, y, labels.clone())
    torch.testing.assert_close(MetricLearningLoss(loss)(batch), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("loss", [peer.MultiSimilarityLoss(), peer.NTXentLoss()], ids=lambda loss: type(loss).__name__)
def test_an_anchor_among_the_candidates_of_a_memory_is_not_its_own_positive(loss):
    x, labels = embeddings(8)
    batch = EmbeddingBatch(x[:5], labels[:5], x, labels)
    everything = [torch.nonzero(mask, as_tuple=True) for mask in (batch.positives, batch.negatives)]
    expected = loss(x[:5], labels[:5], (*everything[0], *everything[1]), x, labels)
    assert torch.equal(MetricLearningLoss(loss)(batch), expected)
    assert not torch.equal(expected, loss(x[:5], labels[:5], None, x, labels))


def test_half_precision_is_computed_in_float32():
    x, labels = embeddings()
    loss = MetricLearningLoss(peer.MultiSimilarityLoss())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(EmbeddingBatch(x.half(), labels))
    assert torch.equal(value, loss.loss(x.half().float(), labels))


def test_an_empty_batch_costs_nothing():
    loss = MetricLearningLoss(peer.MultiSimilarityLoss())
    assert loss(EmbeddingBatch(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long))).item() == 0


def test_a_peer_miner_goes_with_a_peer_loss_as_there():
    x, labels = embeddings()
    loss, miner = peer.MultiSimilarityLoss(), peer_miners.MultiSimilarityMiner()
    batch = EmbeddingBatch(x, labels)
    value = MetricLearningLoss(loss)(batch, MetricLearningMiner(miner)(batch))
    assert torch.equal(value, loss(x, labels, miner(x, labels)))
