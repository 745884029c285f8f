"""The results of a sweep as a table: variants by metrics, mean and 95 % interval over replicates, and cost."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean

from embedlab.errors import BadInput
from embedlab.report.comparison import Comparison, against_best, t_half_width
from embedlab.report.metrics import Metric, ordered
from embedlab.report.runs import Measured, Run
from embedlab.report.sweep import Sweep, Variant

BEST, TIED = "best", "tied"
Replicate = tuple[str | None, str | None]  # seed and fold


@dataclass(frozen=True)
class Cell:
    """One variant's result on one metric.

    Attributes:
        values: one number per replicate.
        half: half width of the 95 % interval; None where one number stands alone.
        mark: ``best``: ahead of all others by more than chance; ``tied``: the best value, or one that chance
            cannot tell from it; empty otherwise.
    """

    values: tuple[float, ...]
    half: float | None
    mark: str = ""

    @cached_property
    def mean(self) -> float:
        """Mean over the replicates."""
        return fmean(self.values)


@dataclass(frozen=True)
class Row:
    """One variant.

    Attributes:
        number: its place in the sweep.
        states: how many of its jobs are ``done``, ``failed``, ``running`` and so on.
        cells: its results by metric key.
        cost: what its finished jobs took, by name of :data:`COSTS`.
        against_best: its headline metric beside the best variant's; None for the best itself, or without results.
    """

    label: str
    number: int
    states: Mapping[str, int]
    cells: Mapping[str, Cell]
    cost: Mapping[str, Cell]
    against_best: Comparison | None = None

    @property
    def done(self) -> int:
        """How many of its jobs are done."""
        return self.states.get("done", 0)

    @property
    def jobs(self) -> int:
        """How many jobs it has."""
        return sum(self.states.values())


@dataclass(frozen=True)
class Table:
    """Variants by metrics.

    Attributes:
        headline: the metric by which the variants are compared; None where no run has one.
        best: the number of the variant that the others are compared with.
        repeats: what the runs of one variant differ in, ``seeds`` or ``folds``.
    """

    title: str
    metrics: tuple[Metric, ...]
    rows: tuple[Row, ...]
    headline: Metric | None = None
    best: int | None = None
    repeats: str = "seeds"

    @property
    def over_seeds(self) -> bool:
        """Whether any interval comes from several replicates; else they are the runs' own, over test samples."""
        return any(row.done > 1 for row in self.rows)

    @cached_property
    def main(self) -> "Table":
        """The main metrics only; all of them where none is among the main ones."""
        main = tuple(metric for metric in self.metrics if metric.headline or metric == self.headline)
        return replace(self, metrics=main if any(metric.headline for metric in main) else self.metrics)

    @cached_property
    def tested(self) -> bool:
        """Whether any two variants share enough replicates to be compared."""
        return any(row.against_best is not None and row.against_best.p is not None for row in self.rows)


# Name of a cost, and where a run states it.
COSTS = {
    "time": lambda run: run.seconds,
    "memory": lambda run: run.environment.get("peak_memory_bytes"),
    "GPU memory": lambda run: run.environment.get("peak_gpu_memory_bytes"),
}


def tabulate(sweep: Sweep, headline: Metric | None = None) -> Table:
    """The table of a sweep's finished runs, with all their test metrics.

    Args:
        sweep: see :func:`embedlab.report.sweep.read`.
        headline: the metric by which the variants are compared, see :func:`headline_metric`.
    """
    metrics = _measured(sweep)
    headline = headline or headline_metric(sweep)
    columns = {metric.key: _column(sweep, metric) for metric in metrics}
    best, against = against_best(_by_replicate(sweep, headline), headline.higher_is_better) if headline else (None, {})
    rows = tuple(
        Row(
            variant.label,
            variant.number,
            Counter(run.status for run in variant.runs),
            {key: column[variant.number] for key, column in columns.items() if variant.number in column},
            _costs(variant),
            against.get(variant.number),
        )
        for variant in sweep.variants
    )
    return Table(", ".join(sweep.keys) or "run", tuple(metrics), rows, headline, best, sweep.repeats)


def headline_metric(sweep: Sweep, name: str | None = None) -> Metric | None:
    """The metric by which variants are compared: ``name``, else what chose the runs' best epochs, else the first.

    Raises:
        BadInput: no finished run has a metric of that name.
    """
    metrics = _measured(sweep)
    named = {key: metric for metric in metrics for key in (metric.key, metric.key.removeprefix("test/"))}
    if name is not None and name not in named:
        known = ", ".join(metric.key.removeprefix("test/") for metric in metrics) or "none yet"
        raise BadInput(f"--metric {name}: no finished job has this test metric; there are: {known}")
    main = [metric for metric in metrics if metric.headline] or metrics
    first = main[0] if main else None
    return named[name] if name is not None else named.get(_monitored(sweep), first)


def best_first(sweep: Sweep, metric: Metric | None) -> Sweep:
    """The sweep with its variants in the order of their mean, those without results last."""
    if metric is None:
        return sweep
    sign = -1 if metric.higher_is_better else 1
    means = {number: sign * fmean(values.values()) for number, values in _by_replicate(sweep, metric).items()}
    return sweep.part(sorted(sweep.variants, key=lambda v: (v.number not in means, means.get(v.number, 0.0))))


def _measured(sweep: Sweep) -> list[Metric]:
    """The test metrics of the finished runs."""
    keys = {key for variant in sweep.variants for run in variant.done for key in run.metrics}
    return ordered({key for key in keys if key.startswith("test/")})


def _monitored(sweep: Sweep) -> str:
    """The test metric that goes by the name of the validation metric that chose the best epoch."""
    for run in sweep.runs:
        if run.status == "done":
            callbacks = run.config.get("callbacks")
            best = callbacks.get("best") if isinstance(callbacks, Mapping) else None
            return str(best.get("monitor")).replace("val/", "test/") if isinstance(best, Mapping) else ""
    return ""


def _by_replicate(sweep: Sweep, metric: Metric) -> dict[int, dict[Replicate, float]]:
    """Each variant's numbers by replicate, the mean where one was run twice; variants without results left out."""
    found = {}
    for variant in sweep.variants:
        runs = [run for run in variant.done if metric.key in run.metrics]
        values = {(run.seed, run.fold): run.metrics[metric.key].value for run in runs}
        if len(values) < len(runs):
            values = {which: fmean(_of(runs, which, metric)) for which in values}
        if values:
            found[variant.number] = values
    return found


def _of(runs: Iterable[Run], which: Replicate, metric: Metric) -> list[float]:
    return [run.metrics[metric.key].value for run in runs if (run.seed, run.fold) == which]


def _costs(variant: Variant) -> dict[str, Cell]:
    spent = {name: tuple(float(c) for r in variant.done if _is_number(c := of(r))) for name, of in COSTS.items()}
    return {name: Cell(values, t_half_width(values)) for name, values in spent.items() if values}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _column(sweep: Sweep, metric: Metric) -> dict[int, Cell]:
    """The cells of one metric by variant number, the best of them marked."""
    measured = {v.number: [r.metrics[metric.key] for r in v.done if metric.key in r.metrics] for v in sweep.variants}
    measured = {number: found for number, found in measured.items() if found}
    marks = _marks(sweep, metric, measured) if len(measured) > 1 else {}
    return {
        number: Cell(tuple(e.value for e in found), _half_width(found), marks.get(number, ""))
        for number, found in measured.items()
    }


def _marks(sweep: Sweep, metric: Metric, measured: Mapping[int, list[Measured]]) -> dict[int, str]:
    """``best`` where all others are worse by more than chance, else ``tied`` for it and those not worse than it."""
    best, against = against_best(_by_replicate(sweep, metric), metric.higher_is_better)
    if any(len(found) > 1 for found in measured.values()):
        tied = [number for number, comparison in against.items() if not comparison.worse]
    else:
        tied = [number for number in against if not _apart(measured[best][0], measured[number][0])]
    return dict.fromkeys((best, *tied), TIED) if tied else {best: BEST}


def _half_width(measured: list[Measured]) -> float | None:
    """Over replicates; a lone run's own interval, over test samples, where it states one."""
    if len(measured) == 1 and measured[0].low is not None and measured[0].high is not None:
        return (measured[0].high - measured[0].low) / 2
    return t_half_width([estimate.value for estimate in measured])


def _apart(first: Measured, second: Measured) -> bool:
    """Whether the intervals of two lone runs, over test samples, do not meet."""
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return False
    return first.low > second.high or second.low > first.high
