from pathlib import Path

import numpy as np
import pytest

from embedlab.report.figures.roc import roc_curves
from embedlab.report.runs import read_run


def test_curves_are_interpolated_in_log_far_where_both_runs_reach(tmp_path: Path) -> None:
    points = {
        "a": ([0.0, 1e-3, 1e-3, 1.0], [0.1, 0.2, 0.4, 1.0]),  # from (1e-3, 0.4) to (1, 1)
        "b": ([1e-2, 1.0], [0.5, 0.9]),
    }
    runs = []
    for name, (far, tar) in points.items():
        (tmp_path / name / "evaluation").mkdir(parents=True)
        np.savez(tmp_path / name / "evaluation" / "test.npz", far=far, tar=tar)
        runs.append(read_run(tmp_path / name))
    grid, curves = roc_curves(runs)
    assert (grid[0], grid[-1]) == (pytest.approx(1e-2), pytest.approx(1.0))
    assert curves[:, 0] == pytest.approx([0.4 + 0.6 / 3, 0.5])  # one of the three decades up
    assert curves[:, -1] == pytest.approx([1.0, 0.9])
