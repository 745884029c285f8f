"""The results of a sweep as a table: variants by metrics, mean and 95 % interval over seeds."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from embedlab.evaluation.protocol import Estimate
from embedlab.report.metrics import Metric, ordered
from embedlab.report.runs import Run, Sweep

BEST, TIED = "best", "tied"


@dataclass(frozen=True)
class Cell:
    """One variant's result on one metric.

    Attributes:
        values: one number per seed.
        half: half width of the 95 % interval; None where one number stands alone.
        mark: ``best``: ahead of all others by more than chance; ``tied``: the best value, or one that chance
            cannot tell from it; empty otherwise.
    """

    values: tuple[float, ...]
    half: float | None
    mark: str = ""

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.values))


@dataclass(frozen=True)
class Row:
    """One variant: its cells by metric key, and how long its runs took in seconds."""

    label: str
    number: int
    done: int
    jobs: int
    cells: Mapping[str, Cell]
    seconds: Cell | None


@dataclass(frozen=True)
class Table:
    """Variants by metrics; ``repeats`` says what the runs of one variant differ in, ``seeds`` or ``folds``."""

    title: str
    metrics: tuple[Metric, ...]
    rows: tuple[Row, ...]
    repeats: str = "seeds"

    @property
    def over_seeds(self) -> bool:
        """Whether any interval comes from several seeds; else they are the runs' own, over test samples."""
        return any(row.done > 1 for row in self.rows)


def tabulate(sweep: Sweep, headline: bool = True) -> Table:
    """The table of a sweep's finished runs.

    Args:
        sweep: see :func:`embedlab.report.runs.read`.
        headline: the main metrics only; all test metrics where none of them is among the main ones.
    """
    metrics = ordered({key for run in sweep.runs for key in run.metrics if key.startswith("test/")})
    chosen = [metric for metric in metrics if metric.headline] if headline else metrics
    chosen = chosen or metrics
    columns = {metric.key: _column(sweep, metric) for metric in chosen}
    rows = []
    for variant in sweep.variants:
        cells = {key: column[variant.number] for key, column in columns.items() if variant.number in column}
        seconds = tuple(run.seconds for run in variant.done if run.seconds is not None)
        taken = Cell(seconds, t_half_width(seconds)) if seconds else None
        rows.append(Row(variant.label, variant.number, len(variant.done), len(variant.runs), cells, taken))
    return Table(", ".join(sweep.keys) or "run", tuple(chosen), tuple(rows), sweep.repeats)


def t_half_width(values: tuple[float, ...]) -> float | None:
    """Half width of the 95 % Student t interval of the mean: ``t(0.975, n−1) · s / √n``; None for n < 2."""
    n = len(values)
    if n < 2:
        return None
    return float(stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / math.sqrt(n))


def distinguishable(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    """Whether two sets of seeds differ in their mean: Welch's t test at 5 %, two-sided; never for n < 2."""
    if len(first) < 2 or len(second) < 2:
        return False
    variances = [float(np.var(values, ddof=1)) / len(values) for values in (first, second)]
    difference, total = abs(float(np.mean(first) - np.mean(second))), sum(variances)
    if total == 0:
        return difference > 0
    freedom = total**2 / sum(v**2 / (len(x) - 1) for v, x in zip(variances, (first, second), strict=True))
    return difference > float(stats.t.ppf(0.975, freedom)) * math.sqrt(total)


def _column(sweep: Sweep, metric: Metric) -> dict[int, Cell]:
    """The cells of one metric by variant number, the best of them marked."""
    estimates = {
        variant.number: [run.metrics[metric.key] for run in variant.done if metric.key in run.metrics]
        for variant in sweep.variants
    }
    estimates = {number: found for number, found in estimates.items() if found}
    sign = 1 if metric.higher_is_better else -1
    ranked = sorted(estimates, key=lambda number: -sign * float(np.mean(_values(estimates[number]))))
    marks: dict[int, str] = {}
    if len(ranked) > 1:
        tied = [number for number in ranked[1:] if not _apart(estimates[ranked[0]], estimates[number])]
        marks = dict.fromkeys((ranked[0], *tied), TIED) if tied else {ranked[0]: BEST}
    return {
        number: Cell(_values(found), _half_width(found), marks.get(number, "")) for number, found in estimates.items()
    }


def _values(estimates: list[Estimate]) -> tuple[float, ...]:
    return tuple(estimate.value for estimate in estimates)


def _half_width(estimates: list[Estimate]) -> float | None:
    """Over seeds; a lone run's own interval, over test samples, where it states one."""
    if len(estimates) == 1 and estimates[0].low is not None and estimates[0].high is not None:
        return (estimates[0].high - estimates[0].low) / 2
    return t_half_width(_values(estimates))


def _apart(first: list[Estimate], second: list[Estimate]) -> bool:
    """Over seeds by :func:`distinguishable`; two lone runs by intervals that do not meet."""
    if len(first) == len(second) == 1:
        (a, b) = (first[0], second[0])
        if a.low is None or a.high is None or b.low is None or b.high is None:
            return False
        return a.low > b.high or b.low > a.high
    return distinguishable(_values(first), _values(second))


def format_cell(metric: Metric, cell: Cell | None) -> str:
    """``93.1 ± 0.4``, with ``*`` for the best and ``≈`` for those tied with it."""
    if cell is None:
        return "–"
    text = metric.format(cell.mean)
    if cell.half is not None:
        text += f" ± {metric.format(cell.half)}"
    return text + {BEST: " *", TIED: " ≈", "": ""}[cell.mark]


def format_seconds(seconds: float) -> str:
    """``48 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def markdown(table: Table) -> str:
    """The table as Markdown: the best in bold where it is ahead by more than chance, ties marked ``≈``."""
    head = [table.title, *(metric.name for metric in table.metrics), "time", "n"]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for row in table.rows:
        cells = []
        for metric in table.metrics:
            text = format_cell(metric, row.cells.get(metric.key))
            cells.append(f"**{text.removesuffix(' *')}**" if text.endswith(" *") else text)
        time = "–" if row.seconds is None else format_seconds(row.seconds.mean)
        lines.append("| " + " | ".join([row.label, *cells, time, f"{row.done}/{row.jobs}"]) + " |")
    return "\n".join(lines) + f"\n\n{legend(table)}\n"


def legend(table: Table) -> str:
    """How to read the table, in plain words."""
    percent = ", in percent" if any(metric.fraction for metric in table.metrics) else ""
    spread = (
        f"Mean ± 95 % t interval over {table.repeats}"
        if table.over_seeds
        else "Value ± 95 % interval over test samples"
    )
    marks = (
        "Bold: ahead of all others by more than chance (Welch's t test at 5 %, uncorrected). "
        "≈: the best, or not to be told from it. "
        if len(table.rows) > 1
        else ""
    )
    return f"{spread}{percent}. {marks}n: finished runs of those planned."


def write_csv(sweep: Sweep, path: Path) -> None:
    """One line per job: where it lies, its settings, how it went and on what, every metric with its interval."""
    metrics = sorted({name for run in sweep.runs for name in run.metrics})
    columns = [f"{name}{end}" for name in metrics for end in ("", "_low", "_high")]
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["job", *sweep.keys, "seed", "fold", "status", "seconds", *_ENVIRONMENT, *columns, "error"])
        for variant in sweep.variants:
            for run in variant.runs:
                writer.writerow([_job(sweep, run), *variant.settings.values(), *_outcome(run, metrics)])


# Columns of the environment, and where each lies in environment.json.
_ENVIRONMENT = {
    "commit": ("git_commit",),
    "processor": ("hardware", "processor"),
    "cores": ("hardware", "cores"),
    "threads": ("hardware", "torch_threads"),
    "peak_memory_bytes": ("peak_memory_bytes",),
}


def _job(sweep: Sweep, run: Run) -> str:
    return "." if run.directory == sweep.directory else run.directory.name


def _outcome(run: Run, metrics: list[str]) -> list[object]:
    estimates = [run.metrics.get(name) for name in metrics]
    values = [number for e in estimates for number in ((e.value, e.low, e.high) if e else ("", "", ""))]
    environment = [_at(run.environment, place) for place in _ENVIRONMENT.values()]
    return [run.seed, run.fold, run.status, run.seconds, *environment, *values, run.error]


def _at(mapping: object, place: tuple[str, ...]) -> object:
    for key in place:
        mapping = mapping.get(key) if isinstance(mapping, Mapping) else None
    return mapping
