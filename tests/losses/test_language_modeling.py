"""Output layers against torch's own losses: values, gradients and probabilities."""

import pytest
import torch
from torch.nn import functional

from embedlab.errors import BadInput
from embedlab.losses import linear_cross_entropy as chunked
from embedlab.losses.language_modeling import AdaptiveSoftmax, CrossEntropy
from embedlab.losses.linear_cross_entropy import linear_cross_entropy


def example(rows=50, dim=7, words=30, dtype=torch.float64):
    torch.manual_seed(0)
    hidden = (3 * torch.randn(rows, dim, dtype=dtype)).requires_grad_()
    weight = torch.randn(words, dim, dtype=dtype, requires_grad=True)
    bias = torch.randn(words, dtype=dtype, requires_grad=True)
    return hidden, weight, bias, torch.randint(words, (rows,))


@pytest.mark.parametrize(("dtype", "error"), [(torch.float64, 1e-14), (torch.float32, 1e-6)])
@pytest.mark.parametrize("chunk", [30, 30 * 16, 30 * 50, 1 << 20])  # a row, some with a rest, all, more than all
def test_chunked_is_torchs(dtype, error, chunk, monkeypatch):
    monkeypatch.setattr(chunked, "CHUNK", chunk)
    hidden, weight, bias, targets = example(dtype=dtype)
    expected = functional.cross_entropy(functional.linear(hidden, weight, bias), targets)
    got = linear_cross_entropy(hidden, weight, bias, targets)
    torch.testing.assert_close(got, expected, rtol=error, atol=error)
    gradients = [torch.autograd.grad(2.5 * loss, (hidden, weight, bias)) for loss in (expected, got)]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(other, one, rtol=0, atol=error)
    with torch.no_grad():
        assert torch.equal(linear_cross_entropy(hidden, weight, bias, targets), got)


def test_logits_far_from_zero_do_not_overflow():
    hidden, weight, bias, targets = example(dtype=torch.float32)
    hidden = (hidden.detach() * 1e4).requires_grad_()
    loss = linear_cross_entropy(hidden, weight, bias, targets)
    expected = functional.cross_entropy(functional.linear(hidden, weight, bias), targets)
    torch.testing.assert_close(loss, expected)
    (gradient,) = torch.autograd.grad(loss, hidden)
    assert gradient.isfinite().all()


def test_what_is_frozen_gets_no_gradient_and_the_rest_does():
    hidden, weight, bias, targets = example()
    (expected,) = torch.autograd.grad(
        functional.cross_entropy(functional.linear(hidden, weight, bias), targets), weight
    )
    (got,) = torch.autograd.grad(linear_cross_entropy(hidden.detach(), weight, bias.detach(), targets), weight)
    torch.testing.assert_close(got, expected)


def test_mixed_precision_is_near():
    hidden, weight, bias, targets = example(dtype=torch.float32)
    expected = functional.cross_entropy(functional.linear(hidden, weight, bias), targets)
    with torch.autocast("cpu", torch.bfloat16):
        got = linear_cross_entropy(hidden.bfloat16(), weight, bias, targets)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, expected, rtol=2e-2, atol=0)
    for one, other in zip(*(torch.autograd.grad(x, (weight, hidden)) for x in (expected, got)), strict=True):
        assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.999


def test_the_chunk_is_all_the_memory_that_logits_take():
    """Of 4000 rows and 5000 words logits are 80 MB; what is saved for the backward pass is 1 MB."""
    hidden, weight, bias, targets = example(4000, 8, 5000, torch.float32)
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t.numel()) or t, lambda t: t):
        linear_cross_entropy(hidden, weight, bias, targets).backward()
    assert sum(saved) == hidden.numel() + weight.numel() + bias.numel()


LAYERS = {
    "cross_entropy": lambda: CrossEntropy(20, 8, init_range=0.7),
    "adaptive_softmax": lambda: AdaptiveSoftmax(20, 8, cutoffs=[5, 12], div_value=2.0, init_range=0.7),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_trains_what_is_evaluated_and_what_is_drawn_from_agree(name):
    torch.manual_seed(0)
    layer = LAYERS[name]().double()
    hidden, targets = torch.randn(40, 8, dtype=torch.float64), torch.randint(20, (40,))
    probabilities = layer.log_probabilities(hidden)
    torch.testing.assert_close(probabilities.exp().sum(1), torch.ones(40, dtype=torch.float64))
    likelihoods = layer.negative_log_likelihoods(hidden, targets)
    torch.testing.assert_close(likelihoods, -probabilities.gather(1, targets[:, None])[:, 0])
    torch.testing.assert_close(layer(hidden, targets), likelihoods.mean())
    assert all(0.6 < parameter.abs().max() <= 0.7 for parameter in layer.parameters() if parameter.numel() > 30)


@pytest.mark.parametrize("cutoffs", [[5], [5, 12], [2, 3, 19]])
def test_adaptive_softmax_learns_as_torchs(cutoffs):
    torch.manual_seed(0)
    layer = AdaptiveSoftmax(20, 8, cutoffs=cutoffs, div_value=1.5).double()
    hidden = torch.randn(40, 8, dtype=torch.float64, requires_grad=True)
    for targets in (torch.randint(20, (40,)), torch.randint(cutoffs[0], (40,))):  # and with clusters that none is in
        losses = layer(hidden, targets), layer.layer(hidden, targets).loss
        torch.testing.assert_close(*losses)
        found = [torch.autograd.grad(x, [hidden, *layer.parameters()], allow_unused=True) for x in losses]
        for own, theirs in zip(*found, strict=True):
            if theirs is None or own is None:
                assert own is None or not own.any()
                assert theirs is None or not theirs.any()
            else:
                torch.testing.assert_close(own, theirs)


@pytest.mark.parametrize("chunk", [30 * 16, 1 << 20])
def test_half_gradients_leave_the_loss_alone_and_point_the_same_way(chunk, monkeypatch):
    monkeypatch.setattr(chunked, "CHUNK", chunk)
    hidden, weight, bias, targets = example(dtype=torch.float32)
    full, half = (linear_cross_entropy(hidden, weight, bias, targets, kind) for kind in (False, True))
    assert torch.equal(full, half)
    for one, other in zip(*(torch.autograd.grad(x, (hidden, weight, bias)) for x in (full, half)), strict=True):
        assert (one - other).norm() < 4e-3 * one.norm()
    exact = [tensor.detach().double().requires_grad_() for tensor in (hidden, weight, bias)]
    losses = [linear_cross_entropy(*exact, targets, kind) for kind in (False, True)]
    assert torch.equal(*(torch.autograd.grad(loss, exact[1])[0] for loss in losses))  # float64 is left as it is


def test_tied_weights_are_one():
    layer, embeddings = CrossEntropy(20, 8), torch.nn.Parameter(torch.randn(20, 8))
    layer.tie(embeddings)
    layer(torch.randn(4, 8), torch.zeros(4, dtype=torch.long)).backward()
    assert embeddings.grad.abs().sum() > 0
    with pytest.raises(BadInput, match=r"model\.tied=true: not with AdaptiveSoftmax; take loss=cross_entropy"):
        LAYERS["adaptive_softmax"]().tie(embeddings)


@pytest.mark.parametrize("cutoffs", [[], [0], [20], [5, 5], [9, 5]])
def test_cutoffs_that_are_none(cutoffs):
    with pytest.raises(BadInput, match=r"loss\.cutoffs=\[.*below the vocabulary's 20"):
        AdaptiveSoftmax(20, 8, cutoffs)
