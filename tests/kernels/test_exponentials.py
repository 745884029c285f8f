"""Exponentials and their sums against torch's, in every corner of float32."""

import pytest
import torch

from embedlab.kernels.exponentials import exponentials_


@pytest.mark.parametrize("width", [1, 15, 16, 1000])
@pytest.mark.parametrize("threads", [1, 2])
def test_they_are_torchs(width, threads, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    torch.manual_seed(0)
    logits = 8 * torch.randn(37, width)
    highest = logits.amax(1, keepdim=True)
    expected = (logits.double() - highest.double()).exp()
    sums = exponentials_(logits, highest)
    torch.testing.assert_close(logits.double(), expected, rtol=6e-6, atol=0)
    torch.testing.assert_close(sums.double(), expected.sum(1, keepdim=True), rtol=1e-6, atol=0)


def test_far_below_they_vanish_and_what_is_no_number_stays_none():
    logits = torch.tensor([[0.0, -87.0, -1e4, -torch.inf], [0.0, torch.nan, 1.0, 2.0]])
    exponentials_(logits, torch.tensor([[0.0], [2.0]]))
    assert logits[0, 0] == 1
    assert logits[0, 1].item() == pytest.approx(1.6458e-38, rel=1e-4)
    assert (logits[0, 2:] < 2e-38).all()
    assert logits[1].isnan().tolist() == [False, True, False, False]


def test_other_types_take_the_same_way_in_torch():
    logits = torch.randn(3, 20, dtype=torch.float64)
    highest = logits.amax(1, keepdim=True)
    expected = (logits - highest).exp()
    sums = exponentials_(logits, highest)
    torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(sums, expected.sum(1, keepdim=True))
