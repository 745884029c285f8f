import csv
import math
from pathlib import Path

import pytest
from scipy import stats

from embedlab.evaluation.protocol import Estimate
from embedlab.report.runs import read
from embedlab.report.table import (
    BEST,
    TIED,
    _apart,
    distinguishable,
    format_seconds,
    markdown,
    t_half_width,
    tabulate,
    write_csv,
)

T_1 = math.tan(math.pi * 0.475)  # t(0.975) with one degree of freedom, in closed form
T_2 = 0.95 * math.sqrt(2 / (4 * 0.975 * 0.025))  # with two


def test_interval_is_students_t() -> None:
    assert t_half_width((0.80, 0.84)) == pytest.approx(T_1 * 0.02, rel=1e-12)  # s/√2 = |a − b|/2 for two values
    assert t_half_width((1.0, 2.0, 3.0)) == pytest.approx(T_2 * 1 / math.sqrt(3), rel=1e-12)
    assert t_half_width((0.9,)) is None


def test_cells_hold_mean_interval_and_seeds(sweep_directory: Path) -> None:
    table = tabulate(read(sweep_directory))
    assert [metric.name for metric in table.metrics] == ["Recall@1", "NMI"]
    contrastive, triplet, center = table.rows
    cell = contrastive.cells["test/recall_at_1"]
    assert cell.values == (0.80, 0.84)
    assert cell.mean == pytest.approx(0.82)
    assert cell.half == pytest.approx(T_1 * 0.02)
    assert contrastive.seconds is not None
    assert contrastive.seconds.mean == pytest.approx(61.5)
    assert (center.done, center.jobs) == (1, 2)
    assert center.cells["test/recall_at_1"].half == pytest.approx(0.01)  # the lone run's own interval
    # Two seeds, 0.82 ± 0.25 against 0.905 ± 0.06: two-sided Welch p = 0.13, so triplet's lead is not distinguishable.
    assert triplet.cells["test/recall_at_1"].mark == TIED
    assert cell.mark == TIED


def test_best_is_marked_only_when_ahead_of_all_by_more_than_chance(make_run, tmp_path: Path) -> None:
    scores = {"contrastive": (0.700, 0.702), "triplet": (0.800, 0.802), "center": (0.750, 0.752)}
    for loss, values in scores.items():
        for seed, value in enumerate(values):
            metrics = {"test/recall_at_1": value, "test/eer": 1 - value}
            make_run(tmp_path / f"{loss}{seed}", loss, seed, metrics, classes=2, per_class=2)
    table = tabulate(read(tmp_path), headline=False)
    assert {(row.label, key): c.mark for row in table.rows for key, c in row.cells.items() if c.mark} == {
        ("triplet", "test/recall_at_1"): BEST,
        ("triplet", "test/eer"): BEST,  # lower is better
    }
    line = next(line for line in markdown(table).splitlines() if line.startswith("| triplet"))
    half = f"{100 * T_1 * 0.001:.1f}"
    assert line == f"| triplet | **80.1 ± {half}** | **19.9 ± {half}** | 60 s | 2/2 |"


@pytest.mark.parametrize("first", [(0.80, 0.84), (0.80, 0.81, 0.83), (0.5, 0.9)])
@pytest.mark.parametrize("second", [(0.90, 0.91), (0.70, 0.71, 0.69, 0.70), (0.85, 0.86)])
def test_distinguishable_is_welchs_test(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    assert distinguishable(first, second) == (stats.ttest_ind(first, second, equal_var=False).pvalue < 0.05)


def test_distinguishable_at_its_edges() -> None:
    assert not distinguishable((0.1,), (0.9, 0.91))
    assert distinguishable((0.1, 0.1), (0.2, 0.2))
    assert not distinguishable((0.1, 0.1), (0.1, 0.1))


def test_lone_runs_differ_when_their_intervals_do_not_meet() -> None:
    low, high, wide = Estimate(0.8, 0.79, 0.81), Estimate(0.9, 0.89, 0.91), Estimate(0.82, 0.8, 0.9)
    assert _apart([high], [low])
    assert not _apart([wide], [low])
    assert not _apart([Estimate(0.9)], [low])


def test_results_csv_has_a_line_per_job(sweep_directory: Path, tmp_path: Path) -> None:
    write_csv(read(sweep_directory), tmp_path / "results.csv")
    with (tmp_path / "results.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 6
    assert list(lines[0]) == [
        "job", "loss", "seed", "fold", "status", "seconds", "commit", "processor", "cores", "threads",
        "peak_memory_bytes",
        "test/nmi", "test/nmi_low", "test/nmi_high", "test/recall_at_1", "test/recall_at_1_low",
        "test/recall_at_1_high", "test/threshold", "test/threshold_low", "test/threshold_high", "error",
    ]  # fmt: skip
    assert lines[3].items() >= {
        "job": "3", "loss": "triplet", "seed": "2", "status": "done", "seconds": "62.0",
        "commit": "0123456789abcdef+changes", "processor": "Some CPU", "peak_memory_bytes": str(1 << 30),
        "test/nmi": str(0.5 + 0.1 * 0.91), "test/recall_at_1": "0.91", "test/recall_at_1_low": "0.9",
        "test/threshold": "1.25", "error": "",
    }.items()  # fmt: skip
    assert (lines[5]["status"], lines[5]["error"]) == ("failed", "loss is NaN at step 7")
    assert lines[5]["test/recall_at_1"] == ""


@pytest.mark.parametrize(("seconds", "text"), [(48.4, "48 s"), (720, "12 min"), (12000, "3 h 20 min")])
def test_format_seconds(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
