from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from embedlab.report.figures.curves import half_widths, smooth, validation_curve
from embedlab.report.metrics import describe
from embedlab.report.sweep import read


@pytest.mark.parametrize("length", [1, 5, 100])
def test_smooth_is_a_centred_mean(length: int) -> None:
    values = np.random.default_rng(0).normal(size=length)
    half = int(length * 0.1 / 2)
    expected = [values[max(i - half, 0) : i + half + 1].mean() for i in range(length)]
    assert smooth(values, share=0.1) == pytest.approx(expected)


@pytest.mark.parametrize("runs", [2, 5])
def test_band_is_the_t_interval_of_the_mean(runs: int) -> None:
    values = np.random.default_rng(0).normal(size=(runs, 7))
    low, high = stats.t.interval(0.95, runs - 1, loc=values.mean(0), scale=stats.sem(values))
    assert half_widths(values) == pytest.approx((high - low) / 2)


def test_the_curve_is_the_headlines_where_it_was_logged(sweep_directory: Path, tmp_path: Path) -> None:
    for headline in ("test/recall_at_1", "test/nmi"):  # the validation logged the first alone
        figure = validation_curve(read(sweep_directory), tmp_path, describe(headline))
        assert figure is not None
        assert figure.title == "Learning: validation Recall@1"
        assert figure.caption.endswith("band: its 95 % t interval, cut at the edge where it is wider.")
