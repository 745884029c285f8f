import numpy as np
import pytest

from embedlab.report.figures.histogram import error_rates


def test_error_rates_at_the_threshold() -> None:
    distances = np.array([0.1, 0.5, 0.9, 0.4, 0.6, 0.7, 0.8])
    same = np.array([True, True, True, False, False, False, False])
    assert error_rates(distances, same, 0.5) == (pytest.approx(1 / 4), pytest.approx(1 / 3))
    assert error_rates(distances[:3], same[:3], 0.5) == (0.0, pytest.approx(1 / 3))
