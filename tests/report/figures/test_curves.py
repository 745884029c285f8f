import numpy as np
import pytest

from embedlab.report.figures.curves import smooth


@pytest.mark.parametrize("length", [1, 5, 100])
def test_smooth_is_a_centred_mean(length: int) -> None:
    values = np.random.default_rng(0).normal(size=length)
    half = int(length * 0.1 / 2)
    expected = [values[max(i - half, 0) : i + half + 1].mean() for i in range(length)]
    assert smooth(values, share=0.1) == pytest.approx(expected)
