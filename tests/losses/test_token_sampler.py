"""Which tokens are drawn, and how often: exactly, over every random number there is."""

from itertools import pairwise

import pytest
import torch

from embedlab.errors import BadInput
from embedlab.losses.token_sampler import ONE, TokenSampler


def outcomes(sampler):
    """Every set that can be drawn, with its probability: between two bounds' remainders nothing changes."""
    edges = torch.cat([sampler.bounds % ONE, torch.tensor([0, ONE])]).unique()
    for first, last in pairwise(edges):
        yield float(last - first) / ONE, sampler.at(first[None])


@pytest.mark.parametrize("samples", [1, 4, 11, 12])
@pytest.mark.parametrize("weights", [None, [900, 90, 50, 50, 7, 5, 3, 2, 1, 1, 1, 1], [1] * 12])
def test_each_token_is_drawn_as_often_as_is_said(samples, weights):
    sampler = TokenSampler(12, samples)
    if weights is not None:
        sampler.weigh(torch.tensor(weights))
    often = torch.zeros(12, dtype=torch.float64)
    for probability, drawn in outcomes(sampler):
        assert len(drawn.unique()) == samples
        often[drawn] += probability
    torch.testing.assert_close(often, sampler.log_expected(torch.arange(12)).exp().double(), rtol=1e-6, atol=0)
    assert often.sum() == pytest.approx(samples)
    wanted = torch.tensor(weights or [(2 + j) / (1 + j) for j in range(12)], dtype=torch.float64)
    wanted = wanted if weights else wanted.log()
    below = often < 1 - 1e-9
    share = often[below] / wanted[below]  # all in one proportion but those that are always there
    torch.testing.assert_close(share, share[:1].expand_as(share), rtol=1e-6, atol=0)
    if below.any():
        assert (wanted[~below] * share.max() >= 1 - 1e-6).all()


def test_draws_follow_the_seed_and_keep_their_precision_in_half():
    sampler = TokenSampler(1000, 30).bfloat16()
    torch.manual_seed(5)
    first, second = sampler(), sampler()
    assert not torch.equal(first, second)
    torch.manual_seed(5)
    assert torch.equal(sampler(), first)
    assert sampler.log_expected(torch.arange(1000)).double().exp().sum() == pytest.approx(30, rel=1e-6)
    assert not sampler.state_dict()


@pytest.mark.parametrize("samples", [0, 13])
def test_no_such_number(samples):
    with pytest.raises(BadInput, match=rf"loss\.samples={samples}: at least 1, and at most the vocabulary's 12"):
        TokenSampler(12, samples)
