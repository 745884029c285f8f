"""Each miner against loops over the batch, and what holds for all of them."""

import hydra
import pytest
import torch
from omegaconf import OmegaConf
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.miners import BatchHardMiner

from embedlab.batch import EmbeddingBatch, Triplets, as_pairs
from embedlab.distances import DISTANCES
from embedlab.losses import TripletLoss
from embedlab.miners import (
    AllMiner,
    BatchHard,
    DistanceWeighted,
    EasyPositive,
    HardNegative,
    MetricLearningMiner,
    RandomTriplets,
    SemiHard,
)
from embedlab.running.catalog import conf_dir

LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 3, 0, 1])  # classes of 4, 3, 2 and 1


def batch(kind="one tower"):
    torch.manual_seed(0)
    x = torch.randn(len(LABELS), 4, dtype=torch.float64)
    others, labels = torch.randn(7, 4, dtype=torch.float64), torch.tensor([2, 0, 0, 1, 3, 2, 4])
    if kind == "one tower":
        return EmbeddingBatch(x, LABELS)
    if kind == "two towers":
        return EmbeddingBatch(x, LABELS, others, labels, offset=None)
    return EmbeddingBatch(x, LABELS, torch.cat([others, x]), torch.cat([labels, LABELS]), offset=7)


KINDS = pytest.mark.parametrize("kind", ["one tower", "two towers", "one rank of several"])


def rows(batch, distance):
    """Of each anchor: its number, and (distance, column) of its positives and of its negatives, nearest first."""
    d, positives, negatives = batch.distances(distance), batch.positives, batch.negatives
    for a in range(len(d)):
        yield (
            a,
            *(sorted((d[a, c].item(), c) for c in mask[a].nonzero()[:, 0].tolist()) for mask in (positives, negatives)),
        )


def listed(mined):
    return sorted(zip(*(index.tolist() for index in mined), strict=True))


@KINDS
@pytest.mark.parametrize("distance", DISTANCES)
def test_batch_hard(kind, distance):
    expected = [(a, pos[-1][1], neg[0][1]) for a, pos, neg in rows(batch(kind), distance) if pos and neg]
    assert listed(BatchHard(distance)(batch(kind))) == expected


@KINDS
def test_hard_negative(kind):
    expected = [(a, p, neg[0][1]) for a, pos, neg in rows(batch(kind), "cosine") for _, p in pos if neg]
    assert listed(HardNegative("cosine")(batch(kind))) == sorted(expected)


@KINDS
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("margin", [None, 0.2, 2.0])
def test_semi_hard(kind, distance, margin):
    expected, fell_back = [], 0
    for a, pos, neg in rows(batch(kind), distance):
        for d_ap, p in pos:
            farther = [(d, n) for d, n in neg if d > d_ap]
            if margin is not None:
                expected += [(a, p, farther[0][1])] if farther and farther[0][0] < d_ap + margin else []
            else:
                expected.append((a, p, (farther or neg[-1:])[0][1]))
                fell_back += not farther
    assert listed(SemiHard(distance, margin)(batch(kind))) == sorted(expected)
    assert margin is not None or fell_back


@KINDS
@pytest.mark.parametrize("negative", ["hard", "semi_hard"])
def test_easy_positive(kind, negative):
    expected = []
    for a, pos, neg in rows(batch(kind), "euclidean"):
        if pos and neg:
            farther = [n for d, n in neg if d > pos[0][0]] or [neg[-1][1]]
            expected.append((a, pos[0][1], farther[0] if negative == "semi_hard" else neg[0][1]))
    assert listed(EasyPositive("euclidean", negative)(batch(kind))) == expected


def frequencies(miner, data, draws=4000):
    """How often each negative was drawn, by anchor: ``(A, C)``, rows adding up to one."""
    torch.manual_seed(1)
    counts = torch.zeros(len(data), len(data.candidates))
    for _ in range(draws):
        mined = miner(data)
        counts.index_put_((mined.anchor, mined.negative), torch.ones(len(mined.anchor)), accumulate=True)
    return counts / counts.sum(1, keepdim=True).clamp_min(1), draws


@KINDS
def test_random_negatives_are_uniform(kind):
    data = batch(kind)
    shares, draws = frequencies(RandomTriplets(), data)
    expected = data.negatives / data.negatives.sum(1, keepdim=True)
    expected = expected * data.positives.any(1, keepdim=True)
    assert (shares - expected).abs().max() < 5 * (0.25 / draws) ** 0.5
    pairs = as_pairs(RandomTriplets()(data))
    assert sorted(zip(pairs.positive_anchor.tolist(), pairs.positive.tolist(), strict=True)) == [
        tuple(pair) for pair in data.positives.nonzero().tolist()
    ]


@KINDS
def test_distance_weighted_negatives_have_the_weights_of_the_paper(kind):
    data, D, cutoff, far = batch(kind), 4, 0.5, 1.4
    x, y = (torch.nn.functional.normalize(z) for z in (data.embeddings, data.candidates))
    expected = torch.zeros(len(x), len(y), dtype=torch.float64)
    for a in range(len(x)):
        for n in range(len(y)):
            d = (x[a] - y[n]).norm().item()
            if data.negatives[a, n] and d < far:
                d = max(d, cutoff)
                expected[a, n] = 1 / (d ** (D - 2) * (1 - d**2 / 4) ** ((D - 3) / 2))
    expected = expected / expected.sum(1, keepdim=True).clamp_min(1e-9) * data.positives.any(1, keepdim=True)
    shares, draws = frequencies(DistanceWeighted(cutoff, far), data)
    assert (shares - expected).abs().max() < 5 * (0.25 / draws) ** 0.5


def test_distance_weighted_in_many_dimensions_has_finite_weights():
    """q falls below 1e-300 at D = 2048."""
    torch.manual_seed(0)
    data = EmbeddingBatch(torch.randn(40, 2048), torch.arange(40) // 4)
    assert len(DistanceWeighted(far=1.5)(data).anchor) == 40 * 3
    far_apart = EmbeddingBatch(torch.eye(8), torch.arange(8) // 2)
    assert len(DistanceWeighted()(far_apart).anchor) == 0  # every negative at √2


def test_batch_hard_is_that_of_pytorch_metric_learning():
    data = batch()
    peer = BatchHardMiner(distance=LpDistance(normalize_embeddings=False, power=2))
    assert listed(BatchHard()(data)) == listed(peer(data.embeddings, LABELS))


def test_semi_hard_triplets_within_the_margin_give_a_loss_within_it():
    data, margin = batch(), 0.9
    violation = TripletLoss(margin, reduction="mean")(data, SemiHard(margin=margin)(data))
    assert 0 < violation < margin


MINERS = sorted(path.stem for path in (conf_dir() / "miner").glob("*.yaml"))


@pytest.mark.parametrize("name", MINERS)
def test_every_config(name):
    """Positives and negatives are what they say, nobody is its own positive, nothing needs a gradient."""
    miner = hydra.utils.instantiate(OmegaConf.load(conf_dir() / "miner" / f"{name}.yaml"))
    for kind in ("one tower", "two towers", "one rank of several"):
        data = batch(kind)
        data.embeddings.requires_grad_()
        if (mined := miner(data)) is None:
            assert isinstance(miner, AllMiner)
            continue
        if isinstance(miner, MetricLearningMiner) and kind != "one tower":
            continue
        pairs = as_pairs(mined)
        assert len(pairs.positive) > 0
        assert data.positives[pairs.positive_anchor, pairs.positive].all()
        assert data.negatives[pairs.negative_anchor, pairs.negative].all()


@pytest.mark.parametrize("name", [name for name in MINERS if name not in ("all", "pml")])
@pytest.mark.parametrize("labels", [torch.zeros(5).long(), torch.arange(5), torch.zeros(1).long()])
def test_nothing_to_mine(name, labels):
    miner = hydra.utils.instantiate(OmegaConf.load(conf_dir() / "miner" / f"{name}.yaml"))
    mined = miner(EmbeddingBatch(torch.randn(len(labels), 3), labels))
    assert isinstance(mined, Triplets)
    assert all(len(index) == 0 and index.dtype == torch.long for index in mined)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        *((lambda miner=miner: miner("far"), "far: no such distance") for miner in (BatchHard, HardNegative, SemiHard)),
        (lambda: EasyPositive("far"), "far: no such distance"),
        (lambda: SemiHard(margin=0.0), "margin"),
        (lambda: EasyPositive(negative="easy"), "semi_hard"),
        (lambda: DistanceWeighted(cutoff=1.5), "cutoff"),
    ],
)
def test_bad_values_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
