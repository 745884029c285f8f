import os
import subprocess
import sys

import pytest
import torch

from embedlab.batch import EmbeddingBatch
from embedlab.distances import DISTANCES, squared_euclidean
from embedlab.kernels import triplet as kernel
from embedlab.losses import TripletLoss


def compare(x, labels, candidates=None, candidate_labels=None, offset=0, margin=0.2, tolerance=1e-5, **arguments):
    """Fused and plain: value to 1e-5 relative, gradients to 1e-5 of their norm, the same share of active triplets."""
    results = []
    for fused in (True, False):
        leaves = [z.clone().requires_grad_() for z in (x, candidates) if z is not None]
        others = leaves[1] if candidates is not None else None
        loss = TripletLoss(margin, fused=fused, **arguments)
        value = loss(EmbeddingBatch(leaves[0], labels, others, candidate_labels, offset))
        value.backward()
        results.append((value.detach(), [z.grad for z in leaves], loss.statistics["active_fraction"]))
    (ours, gradients, active), (plain, expected, expected_active) = results
    torch.testing.assert_close(ours, plain, rtol=tolerance, atol=0)
    for gradient, right in zip(gradients, expected, strict=True):
        assert (gradient - right).norm() <= tolerance * right.norm()
    assert active.item() == pytest.approx(expected_active.item(), rel=tolerance)
    assert ours > 0


def example(size, classes, dim=16, seed=0):
    torch.manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(size, dim)), torch.randint(classes, (size,))


@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("size", "classes"), [(5, 2), (37, 12), (150, 3)])
def test_equals_the_plain_path(size, classes, distance, triplets):
    compare(*example(size, classes), distance=distance, triplets=triplets)


@pytest.mark.parametrize("size", [kernel.SLAB - 1, kernel.SLAB, kernel.SLAB + 1, 2 * kernel.SLAB])
def test_edges_of_a_slab(size):
    compare(*example(size, size // 4))


@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("many", [2, 10**9])
def test_comparing_and_sorting_count_the_same(many, distance, triplets, monkeypatch):
    """Both ways at every number of positives: classes of 1 to about 75."""
    monkeypatch.setattr(kernel, "MANY", many)
    torch.manual_seed(0)
    labels = torch.multinomial(torch.tensor([1.0, 2, 3, 10, 20, 60]), 120, replacement=True)
    labels[0] = 6  # a class of one
    compare(torch.randn(120, 8), labels, distance=distance, triplets=triplets)


@pytest.mark.parametrize("triplets", ["all", "semi_hard"])
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("kind", ["two towers", "memory", "one rank of several"])
@pytest.mark.parametrize("many", [2, 10**9])
def test_candidates_other_than_the_anchors(many, kind, distance, triplets, monkeypatch):
    monkeypatch.setattr(kernel, "MANY", many)
    (x, labels), (others, other_labels) = example(40, 6), example(55, 7, seed=1)
    offset = {"two towers": None, "memory": 0, "one rank of several": 55}[kind]
    if offset is not None:
        parts = [(x, labels), (others, other_labels)][:: 1 if offset == 0 else -1]
        others, other_labels = (torch.cat(part) for part in zip(*parts, strict=True))
    compare(x, labels, others, other_labels, offset, distance=distance, triplets=triplets)


@pytest.mark.parametrize("semi_hard", [False, True])
def test_exact_triplets_on_a_grid(semi_hard):
    """Small integers have no rounding: value, count and gradient are those of a loop in integers, ties and all."""
    torch.manual_seed(0)
    x = torch.randint(-3, 4, (60, 3)).float().requires_grad_()
    labels, rows = torch.arange(60) % 5, range(60)
    d = (x[:, None] - x[None]).square().sum(2).detach().long().tolist()
    chosen = [
        (a, p, n)
        for a in rows
        for p in rows
        for n in rows
        if a != p and labels[a] == labels[p] != labels[n]
        and d[a][n] < d[a][p] + 4 and not (semi_hard and d[a][n] <= d[a][p])
    ]  # fmt: skip
    total, gradient, points = 0, torch.zeros(60, 3), x.detach()
    for a, p, n in chosen:
        total += d[a][p] - d[a][n] + 4
        gradient[a] += 2 * (points[n] - points[p])
        gradient[p] += 2 * (points[p] - points[a])
        gradient[n] += 2 * (points[a] - points[n])
    for many in (2, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernel, "MANY", many)
            ours, count, considered = kernel.hinge_over_all_triplets(
                x, labels, x, labels, 0, squared_euclidean, 4.0, semi_hard
            )
        assert (ours.item(), count.item(), considered.item()) == (total, len(chosen), 60 * 11 * 48)
        assert torch.equal(torch.autograd.grad(ours, x)[0], gradient)


def test_a_memory_without_gradient_and_labels_of_another_type():
    x, labels = example(30, 5)
    memory = torch.cat([x, torch.randn(10, 16)])
    batch = EmbeddingBatch(
        x.clone().requires_grad_(), labels.int(), memory, torch.cat([labels, labels[:10]]).int(), offset=0
    )
    value = TripletLoss()(batch)
    value.backward()
    plain = TripletLoss(fused=False)(batch)
    torch.testing.assert_close(
        batch.embeddings.grad, torch.autograd.grad(plain, batch.embeddings)[0], rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("many", [2, 10**9])
def test_nan_is_not_swallowed(many, distance, monkeypatch):
    monkeypatch.setattr(kernel, "MANY", many)
    x, labels = example(20, 4)
    for row in range(20):
        spoilt = x.clone()
        spoilt[row, 3] = torch.nan
        assert TripletLoss(distance=distance)(EmbeddingBatch(spoilt, labels)).isnan()


def test_second_derivatives_are_refused():
    x, labels = example(12, 3)
    x.requires_grad_()
    with pytest.raises(RuntimeError, match=r"no second derivative; use TripletLoss\(fused=False\)"):
        torch.autograd.grad(TripletLoss()(EmbeddingBatch(x, labels)), x, create_graph=True)


def test_no_gradient_where_none_is_asked_for():
    x, labels = example(12, 3)
    assert not TripletLoss()(EmbeddingBatch(x, labels)).requires_grad
    with torch.no_grad():
        assert TripletLoss()(EmbeddingBatch(x.requires_grad_(), labels)) > 0


def test_autocast_does_not_reach_the_products():
    x, labels = example(40, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = TripletLoss()(EmbeddingBatch(x, labels))
    assert torch.equal(mixed, TripletLoss()(EmbeddingBatch(x, labels)))


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_numba_waits_for_its_first_use():
    assert run("import sys, embedlab.losses, embedlab.miners; print('numba' in sys.modules)") == "False\n"
