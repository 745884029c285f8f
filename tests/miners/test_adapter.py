import pytest
import torch
from pytorch_metric_learning import miners as peer

from embedlab.batch import EmbeddingBatch, Pairs, Triplets
from embedlab.miners import MetricLearningMiner

MINERS = [
    (peer.MultiSimilarityMiner(epsilon=0.5), Pairs),
    (peer.BatchHardMiner(), Triplets),
    (peer.TripletMarginMiner(margin=0.5, type_of_triplets="all"), Triplets),
]
NAMES = [type(miner).__name__ for miner, _ in MINERS]


def embeddings():
    torch.manual_seed(0)
    return torch.randn(9, 4), torch.arange(9) % 3


@pytest.mark.parametrize(("miner", "kind"), MINERS, ids=NAMES)
def test_chooses_what_the_peer_does(miner, kind):
    x, labels = embeddings()
    mined = MetricLearningMiner(miner)(EmbeddingBatch(x, labels))
    assert isinstance(mined, kind)
    assert len(mined[0]) > 0
    for ours, theirs in zip(mined, miner(x, labels), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("miner", "kind"), MINERS, ids=NAMES)
def test_candidates_of_another_tower_are_its_references(miner, kind):
    (x, labels), y = embeddings(), torch.randn(9, 4)
    mined = MetricLearningMiner(miner)(EmbeddingBatch(x, labels, y, labels, offset=None))
    for ours, theirs in zip(mined, miner(x, labels, y, labels.clone()), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("miner", "kind"), MINERS, ids=NAMES)
def test_an_anchor_among_the_candidates_of_a_memory_is_not_its_own_positive(miner, kind):
    x, labels = embeddings()
    batch = EmbeddingBatch(x[:6], labels[:6], x, labels)
    mined = MetricLearningMiner(miner)(batch)
    assert len(mined[0]) > 0
    assert batch.positives[mined[0], mined[1]].all()
    theirs = miner(x[:6], labels[:6], x, labels)
    pairs = {(a, p) for a, p in zip(theirs[0].tolist(), theirs[1].tolist(), strict=True) if a != p}
    assert set(zip(mined[0].tolist(), mined[1].tolist(), strict=True)) == pairs
