import math

import pytest
import torch
from pytorch_metric_learning import distances as peer_distances
from pytorch_metric_learning import miners as peer_miners
from pytorch_metric_learning import reducers as peer_reducers
from pytorch_metric_learning.losses import TripletMarginLoss
from torch.utils._python_dispatch import TorchDispatchMode

from embedlab.batch import EmbeddingBatch, Pairs, Triplets
from embedlab.distances import DISTANCES
from embedlab.losses import TripletLoss

MARGIN = 0.7
LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 3, 0, 1])  # classes of 4, 3, 2 and 1


def example(dtype=torch.float64):
    torch.manual_seed(0)
    return torch.randn(len(LABELS), 5, dtype=dtype).requires_grad_()


def all_triplets(batch):
    """Every (a, p, n), by three loops."""
    labels, others = batch.labels.tolist(), batch.candidate_labels.tolist()
    return [
        (a, p, n)
        for a in range(len(labels))
        for p in range(len(others))
        for n in range(len(others))
        if labels[a] == others[p] != others[n] and (batch.offset is None or p != a + batch.offset)
    ]


def brute_force(batch, chosen, distance, soft=False, semi_hard=False, reduction="mean_active", margin=MARGIN):
    d = DISTANCES[distance](batch.embeddings, batch.candidates).tolist()
    if semi_hard:
        chosen = [(a, p, n) for a, p, n in chosen if d[a][p] < d[a][n] < d[a][p] + margin]
    violations = [d[a][p] - d[a][n] + margin for a, p, n in chosen]
    terms = [math.log1p(math.exp(v)) if soft else max(v, 0.0) for v in violations]
    count = {"sum": 1, "mean": len(terms), "mean_active": sum(t > 0 for t in terms)}[reduction]
    return sum(terms) / max(count, 1), sum(v > 0 for v in violations)


@pytest.mark.parametrize("reduction", ["mean_active", "mean", "sum"])
@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("distance", DISTANCES)
def test_value_and_active_fraction_by_three_loops(distance, soft, triplets, reduction):
    batch = EmbeddingBatch(example(), LABELS)
    loss = TripletLoss(MARGIN, distance, soft, triplets, reduction)
    everything = all_triplets(batch)
    value, active = brute_force(batch, everything, distance, soft, triplets == "semi_hard", reduction)
    assert loss(batch).item() == pytest.approx(value, rel=1e-9)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active / len(everything), rel=1e-6)


@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("distance", DISTANCES)
def test_gradient_is_the_true_derivative_of_first_and_second_order(distance, soft, triplets):
    loss = TripletLoss(MARGIN, distance, soft, triplets)
    x = example()
    assert torch.autograd.gradcheck(lambda x: loss(EmbeddingBatch(x, LABELS)), x)
    assert torch.autograd.gradgradcheck(lambda x: loss(EmbeddingBatch(x, LABELS)), x)


def anchors_and_others(kind):
    """Candidates other than the anchors: two towers, a memory behind the anchors, one rank's share of all."""
    x = example()
    others, labels = torch.randn(7, 5, dtype=torch.float64), torch.tensor([2, 0, 0, 1, 3, 2, 4])
    if kind == "two towers":
        return EmbeddingBatch(x, LABELS, others, labels, offset=None)
    if kind == "memory":
        return EmbeddingBatch(x, LABELS, torch.cat([x, others]), torch.cat([LABELS, labels]), offset=0)
    return EmbeddingBatch(x, LABELS, torch.cat([others, x, others]), torch.cat([labels, LABELS, labels]), offset=7)


@pytest.mark.parametrize("kind", ["two towers", "memory", "one rank of several"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
def test_candidates_other_than_the_anchors(kind, soft, triplets):
    batch = anchors_and_others(kind)
    value, _ = brute_force(batch, all_triplets(batch), "squared_euclidean", soft, triplets == "semi_hard")
    assert TripletLoss(MARGIN, soft=soft, triplets=triplets)(batch).item() == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("soft", [False, True])
def test_mined_triplets_are_the_ones_taken_repeats_and_all(soft):
    batch = EmbeddingBatch(example(), LABELS)
    mined = Triplets(*torch.tensor([[0, 2, 1], [0, 2, 1], [4, 1, 7], [3, 6, 9]]).T)
    loss = TripletLoss(MARGIN, soft=soft, triplets="semi_hard")
    value, active = brute_force(batch, torch.stack(mined, 1).tolist(), "squared_euclidean", soft)
    assert loss(batch, mined).item() == pytest.approx(value, rel=1e-9)
    assert loss.statistics["active_fraction"] == active / 4


@pytest.mark.parametrize("soft", [False, True])
def test_mined_pairs_mean_every_positive_with_every_negative_of_the_anchor(soft):
    batch = EmbeddingBatch(example(), LABELS)
    mined = Pairs(*map(torch.tensor, ([0, 0, 1, 3], [2, 5, 4, 6], [0, 0, 1, 9], [1, 3, 0, 7])))
    chosen = [(0, p, n) for p in (2, 5) for n in (1, 3)] + [(1, 4, 0)]
    value, active = brute_force(batch, chosen, "squared_euclidean", soft)
    loss = TripletLoss(MARGIN, soft=soft)
    assert loss(batch, mined).item() == pytest.approx(value, rel=1e-9)
    assert loss.statistics["active_fraction"].item() == pytest.approx(active / 5)


def test_nothing_mined_is_nothing_to_learn():
    x, none = example(), torch.empty(0, dtype=torch.long)
    for mined in (Triplets(none, none, none), Pairs(none, none, none, none)):
        for soft in (False, True):
            value = TripletLoss(soft=soft)(EmbeddingBatch(x, LABELS), mined)
            assert value == 0
            assert not torch.autograd.grad(value, x)[0].any()


PEERS = {
    "squared_euclidean": peer_distances.LpDistance(normalize_embeddings=False, power=2),
    "euclidean": peer_distances.LpDistance(normalize_embeddings=False),
    "cosine": peer_distances.CosineSimilarity(),
    "dot": peer_distances.DotProductSimilarity(normalize_embeddings=False),
}
REDUCERS = {"mean_active": peer_reducers.AvgNonZeroReducer, "mean": peer_reducers.MeanReducer}


@pytest.mark.parametrize("reduction", REDUCERS)
@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("distance", PEERS)
def test_parity_with_pytorch_metric_learning(distance, soft, triplets, reduction):
    """Its formula is the same; its semi-hard miner alone also takes ``d_an = d_ap + m``, a term of zero."""
    x = example()
    ours = TripletLoss(MARGIN, distance, soft, triplets, reduction)(EmbeddingBatch(x, LABELS))
    peer = TripletMarginLoss(
        MARGIN, smooth_loss=soft, distance=PEERS[distance], reducer=REDUCERS[reduction](), triplets_per_anchor="all"
    )
    miner = peer_miners.TripletMarginMiner(MARGIN, type_of_triplets="semihard", distance=PEERS[distance])
    theirs = peer(x, LABELS, miner(x, LABELS) if triplets == "semi_hard" else None)
    torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=0)
    gradients = (torch.autograd.grad(value, x)[0] for value in (ours, theirs))
    torch.testing.assert_close(*gradients, rtol=1e-6, atol=1e-9)


def test_closed_form():
    x = torch.tensor([[0.0], [1.0], [3.0]], dtype=torch.float64)
    batch = EmbeddingBatch(x, torch.tensor([0, 0, 1]))
    # d² is 1 for the pair; the negative is at 9 from the one, 4 from the other.
    assert TripletLoss(5.0, reduction="sum")(batch) == 2  # 1 − 4 + 5
    assert TripletLoss(10.0, reduction="mean")(batch) == 4.5  # 2 and 7
    assert TripletLoss(5.0, reduction="mean")(batch) == 1
    soft = TripletLoss(0.0, soft=True, reduction="sum")(batch).item()
    assert soft == pytest.approx(math.log1p(math.exp(-8)) + math.log1p(math.exp(-3)), rel=1e-9)


def test_many_triplets_with_a_small_loss_keep_their_digits_in_float32():
    """The terms are differences of sums a thousand times as large."""
    torch.manual_seed(0)
    x, labels = 10 + torch.randn(200, 16), torch.arange(200) // 4
    exact = TripletLoss(1.0, triplets="semi_hard")(EmbeddingBatch(x.double(), labels))
    for fused in (False, True):
        ours = TripletLoss(1.0, triplets="semi_hard", fused=fused)(EmbeddingBatch(x, labels))
        assert ours.item() == pytest.approx(exact.item(), rel=1e-4)


class Largest(TorchDispatchMode):
    """Elements of the largest tensor any operation makes."""

    elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.elements = max(self.elements, tensor.numel())
        return made


@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
@pytest.mark.parametrize("soft", [False, True])
def test_nothing_cubic(soft, triplets):
    """Two classes, so 64 · 31 · 32 triplets; the largest tensor has an entry per pair, and one column more."""
    x, labels = torch.randn(64, 3, requires_grad=True), torch.arange(64) % 2
    with Largest() as largest:
        TripletLoss(soft=soft, triplets=triplets, fused=False)(EmbeddingBatch(x, labels)).backward()
    assert largest.elements == 64 * (64 if soft else 65)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"margin": 0.0}, "above zero"),
        ({"margin": -1, "soft": True, "triplets": "semi_hard"}, "above zero"),
        ({"triplets": "hard"}, "semi_hard"),
        ({"reduction": "max"}, "mean_active"),
    ],
)
def test_bad_values_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        TripletLoss(**arguments)
