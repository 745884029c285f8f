"""Sampled softmax and NCE against the full softmax, and on average against their closed forms."""

import math
from itertools import pairwise

import pytest
import torch
from torch.nn import functional

from embedlab.losses.language_modeling import CrossEntropy
from embedlab.losses.sampled_softmax import NoiseContrastive, SampledSoftmax
from embedlab.losses.token_sampler import ONE

COUNTS = torch.tensor([50, 20, 9, 4, 4, 2, 1, 0])


def layer_of(kind, samples, counts=COUNTS):
    torch.manual_seed(0)
    layer = kind(8, 5, samples=samples, init_range=0.7).double()
    layer.take_counts(counts)
    return layer


def example(rows=6):
    torch.manual_seed(1)
    return torch.randn(rows, 5, dtype=torch.float64, requires_grad=True), torch.randint(8, (rows,))


def on_average(layer, of_draw):
    """The mean of a function of the loss layer over everything that can be drawn."""
    edges = torch.cat([layer.sampler.bounds % ONE, torch.tensor([0, ONE])]).unique()
    total = 0.0
    for first, last in pairwise(edges):
        drawn = layer.sampler.at(first[None])
        layer.sampler.forward = lambda drawn=drawn: drawn
        total = total + of_draw() * (float(last - first) / ONE)
    return total


@pytest.mark.parametrize("counts", [COUNTS, torch.ones(8)])
def test_with_all_tokens_drawn_it_is_the_full_softmax(counts):
    layer = layer_of(SampledSoftmax, 8, counts)
    hidden, targets = example()
    expected = functional.cross_entropy(functional.linear(hidden, layer.weight, layer.bias), targets)
    got = layer(hidden, targets)
    torch.testing.assert_close(got, expected, rtol=1e-7, atol=0)
    weights = hidden, layer.weight, layer.bias
    for one, other in zip(*(torch.autograd.grad(loss, weights) for loss in (expected, got)), strict=True):
        torch.testing.assert_close(other, one, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("samples", [1, 3, 7])
def test_the_sum_over_what_is_drawn_is_that_over_the_vocabulary_on_average(samples):
    """exp(loss) is the sum of exponentials over that of the target, which the vocabulary's is too."""
    layer = layer_of(SampledSoftmax, samples)
    hidden, targets = example()
    for row in range(len(hidden)):
        one, target = hidden[row : row + 1], targets[row : row + 1]
        expected = layer.negative_log_likelihoods(one, target).exp()
        got = on_average(layer, lambda one=one, target=target: layer(one, target).exp())
        torch.testing.assert_close(got, expected[0], rtol=1e-6, atol=0)


@pytest.mark.parametrize("samples", [2, 5])
def test_the_gradient_of_nce_is_on_average_that_of_its_expectation(samples):
    layer = layer_of(NoiseContrastive, samples)
    hidden, targets = example()
    weights = hidden, layer.weight, layer.bias

    def flat(loss):
        return torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, weights)])

    got = on_average(layer, lambda: flat(layer(hidden, targets)))
    noise = layer.sampler.log_expected(torch.arange(8)).double().exp()
    assert noise.sum() == pytest.approx(samples)
    odds = (functional.linear(hidden, layer.weight, layer.bias) - math.log(8)).exp()
    of_data = odds / (odds + noise)  # the probability that a token is no noise
    right = of_data.gather(1, targets[:, None])
    loss = (-right.log()[:, 0] - (noise * (1 - of_data).log()).sum(1)).mean()
    torch.testing.assert_close(got, flat(loss), rtol=1e-5, atol=1e-8)


def test_the_distribution_itself_is_where_nce_rests():
    """With the true ln p + ln V as scores the expected gradient is zero."""
    p = torch.tensor([0.3, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.02], dtype=torch.float64)
    layer = layer_of(NoiseContrastive, 3)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(p.log() + math.log(8))
    hidden = torch.zeros(1, 5, dtype=torch.float64)

    def gradient():
        losses = torch.stack([layer(hidden, torch.tensor([target])) for target in range(8)])
        return torch.autograd.grad((p * losses).sum(), layer.bias)[0]

    torch.testing.assert_close(on_average(layer, gradient), torch.zeros(8, dtype=torch.float64), rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", [SampledSoftmax, NoiseContrastive])
def test_evaluation_is_of_all_tokens_and_draws_follow_the_seed(kind):
    layer, full = layer_of(kind, 3), CrossEntropy(8, 5).double()
    full.load_state_dict(layer.state_dict())
    hidden, targets = example()
    assert torch.equal(layer.negative_log_likelihoods(hidden, targets), full.negative_log_likelihoods(hidden, targets))
    assert torch.equal(layer.log_probabilities(hidden), full.log_probabilities(hidden))
    losses = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        losses.append(layer(hidden, targets).item())
    assert losses[0] == losses[1] != losses[2]


def test_counts_to_a_power_or_ranks_alone():
    for power, wanted in ((0.5, COUNTS.clamp(min=1).double().sqrt()), (None, None)):
        layer = SampledSoftmax(8, 5, samples=1, power=power)
        before = layer.sampler.bounds.clone()
        layer.take_counts(COUNTS)
        if wanted is None:
            assert torch.equal(layer.sampler.bounds, before)
        else:
            got = layer.sampler.log_expected(torch.arange(8)).exp().double()
            torch.testing.assert_close(got, wanted / wanted.sum(), rtol=1e-6, atol=0)
