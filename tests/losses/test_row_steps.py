"""Rows that come up several times in a batch."""

import pytest
import torch

from embedlab.losses.row_steps import MOST, RowSteps


def test_steps_add_up_until_they_overshoot():
    table = torch.zeros(4, 2)
    rows = torch.tensor([2, 0, 2, 3, 3])
    steps = torch.tensor([[1.0, 2], [3, 4], [5, 6], [1, 1], [3, 5]])
    curvature = torch.tensor([1.0, 1, 2, 10 * MOST, 30 * MOST])
    RowSteps(table, torch.Generator()).add(rows, steps, curvature, rate=0.1)
    assert table.tolist() == [[3, 4], [0, 0], [6, 8], [1, 1.5]]  # the last: (1 + 3) / 4, (1 + 5) / 4


def test_bfloat16_is_right_on_average():
    table = torch.ones(2000, 8, dtype=torch.bfloat16)
    table[1000:] *= -3
    step = 2.0**-11  # between 1 and the next number are 2⁻⁷
    rows = torch.arange(2000).repeat(2)
    RowSteps(table, torch.Generator().manual_seed(0)).add(rows, torch.full((4000, 8), step), torch.ones(4000), rate=0.1)
    for part, before, spacing in ((table[:1000], 1, 2**-7), (table[1000:], -3, 2**-6)):
        moved = (part.float() - before) / spacing
        assert set(moved.unique().tolist()) == {0, 1}
        assert moved.mean().item() == pytest.approx(2 * step / spacing, rel=0.1)
