import json
import math
import shutil
from pathlib import Path

import pytest

from embedlab.errors import BadInput
from embedlab.report.runs import Measured
from embedlab.report.sweep import read
from embedlab.report.table import BEST, TIED, _apart, best_first, headline_metric, tabulate

T_1 = math.tan(math.pi * 0.475)  # t(0.975) with one degree of freedom, in closed form


def test_cells_hold_mean_interval_and_seeds(sweep_directory: Path) -> None:
    table = tabulate(read(sweep_directory)).main
    assert [metric.name for metric in table.metrics] == ["Recall@1", "NMI"]
    contrastive, triplet, center = table.rows
    cell = contrastive.cells["test/recall_at_1"]
    assert cell.values == (0.80, 0.84)
    assert cell.mean == pytest.approx(0.82)
    assert cell.half == pytest.approx(T_1 * 0.02)
    assert (center.done, center.jobs, center.states) == (1, 2, {"done": 1, "failed": 1})
    assert center.cells["test/recall_at_1"].half == pytest.approx(0.01)  # the lone run's own interval
    # Differences of 0.10 and 0.07: t = 5.67 with one degree of freedom, p = 0.11, so triplet's lead may be chance.
    assert triplet.cells["test/recall_at_1"].mark == TIED
    assert cell.mark == TIED


def test_cost_is_that_of_finished_runs(sweep_directory: Path) -> None:
    contrastive, _, center = tabulate(read(sweep_directory)).rows
    assert contrastive.cost["time"].mean == pytest.approx(61.5)
    assert contrastive.cost["memory"].values == (1 << 30, 1 << 30)
    assert center.cost["time"].values == (61.0,)  # the failed run's 3 s are no run's time
    assert "GPU memory" not in center.cost


def test_best_is_marked_only_when_ahead_of_all_by_more_than_chance(make_sweep, tmp_path: Path) -> None:
    make_sweep(tmp_path, {"contrastive": (0.700, 0.702), "triplet": (0.800, 0.802), "center": (0.750, 0.752)})
    table = tabulate(read(tmp_path))
    assert {(row.label, key): c.mark for row in table.rows for key, c in row.cells.items() if c.mark} == {
        ("triplet", "test/recall_at_1"): BEST,
        ("triplet", "test/eer"): BEST,  # lower is better
    }
    assert table.best == next(row.number for row in table.rows if row.label == "triplet")
    assert all(row.against_best.worse for row in table.rows if row.against_best)


def test_lone_runs_differ_when_their_intervals_do_not_meet() -> None:
    low, high, wide = Measured(0.8, 0.79, 0.81), Measured(0.9, 0.89, 0.91), Measured(0.82, 0.8, 0.9)
    assert _apart(high, low)
    assert not _apart(wide, low)
    assert not _apart(Measured(0.9), low)


def test_a_replicate_that_ran_twice_counts_once_in_the_comparison(make_sweep, tmp_path: Path) -> None:
    make_sweep(tmp_path, {"contrastive": (0.70, 0.72), "triplet": (0.80, 0.80)})
    again = shutil.copytree(tmp_path / "contrastive1", tmp_path / "contrastive1again")
    (again / "metrics.json").write_text('{"test/recall_at_1": {"value": 0.62}}')
    found = next(row for row in tabulate(read(tmp_path)).rows if row.label == "contrastive")
    assert found.against_best is not None
    assert (found.against_best.shared, found.against_best.ahead) == (2, pytest.approx((0.10 + 0.13) / 2))
    assert len(found.cells["test/recall_at_1"].values) == 3


def test_headline_is_what_chose_the_best_epoch_unless_asked_otherwise(make_run, tmp_path: Path) -> None:
    run = make_run(tmp_path / "0", "triplet", 1, {"test/recall_at_1": 0.9, "test/nmi": 0.8, "test/eer": 0.1})
    sweep = read(tmp_path)
    assert headline_metric(sweep).key == "test/recall_at_1"
    assert headline_metric(sweep, "eer").key == headline_metric(sweep, "test/eer").key == "test/eer"
    assert [m.name for m in tabulate(sweep, headline_metric(sweep, "eer")).main.metrics] == ["Recall@1", "NMI", "EER"]
    with pytest.raises(BadInput, match="--metric err: no finished job has this test metric; there are: recall_at_1,"):
        headline_metric(sweep, "err")
    with (run / "config.yaml").open("a") as file:
        file.write("callbacks: {best: {monitor: val/nmi}}\n")
    assert headline_metric(read(tmp_path)).key == "test/nmi"


def test_best_first(sweep_directory: Path, tmp_path: Path) -> None:
    sweep = read(shutil.copytree(sweep_directory, tmp_path / "sweep"))
    assert [v.label for v in best_first(sweep, headline_metric(sweep)).variants] == ["triplet", "contrastive", "center"]
    (tmp_path / "sweep" / "2" / "status.json").write_text(json.dumps({"status": "running"}))
    (tmp_path / "sweep" / "3" / "status.json").write_text(json.dumps({"status": "running"}))
    sweep = read(tmp_path / "sweep")
    assert [v.label for v in best_first(sweep, headline_metric(sweep)).variants] == ["contrastive", "center", "triplet"]
