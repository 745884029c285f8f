"""The table as text in columns, the same for Markdown, LaTeX, HTML and the terminal, and the words around it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from embedlab.report.comparison import Comparison
from embedlab.report.metrics import Metric
from embedlab.report.sweep import Sweep
from embedlab.report.table import COSTS, TIED, Row, Table

NAMED = 6  # variants named in one sentence; more are counted


@dataclass(frozen=True)
class Entry:
    """One place of the table.

    Attributes:
        text: what stands there.
        half: half width of its interval.
        mark: ``best`` or ``tied``.
        note: what is said of it besides, in small print.
        order: the number it is sorted by, highest first; None without one.
    """

    text: str
    half: str = ""
    mark: str = ""
    note: str = ""
    order: float | None = None

    @property
    def line(self) -> str:
        """All of it but the bold of the best: ``93.1 ± 0.4 ≈``."""
        parts = [self.text, f"± {self.half}" if self.half else "", "≈" if self.mark == TIED else "", self.note]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Column:
    """A heading, what it means, and the entry of each row."""

    heading: str
    entry: Callable[[Row], Entry]
    gloss: str = ""
    number: bool = True


ABSENT = Entry("–")


def columns(table: Table) -> list[Column]:
    """What stands beside a variant's label: its metrics, how it compares with the best, its cost, its jobs."""
    shown = [Column(metric.name, partial(_result, metric), metric.gloss) for metric in table.metrics]
    if table.headline is not None and table.tested:
        gloss = f"Paired t test of {table.headline.name} over shared {table.repeats}, Holm-corrected."
        shown.append(Column(f"{table.headline.name} beside the best", partial(_beside, table), gloss, number=False))
    costs = [name for name in COSTS if name == "time" or any(name in row.cost for row in table.rows)]
    shown += [Column(name, partial(_cost, name), _COST_GLOSS[name]) for name in costs]
    return [*shown, Column("n", _jobs, "Finished runs of those begun.")]


def legend(table: Table) -> str:
    """How to read the table, in plain words."""
    percent = ", in percent" if any(metric.fraction for metric in table.metrics) else ""
    said = [
        f"Mean ± 95 % t interval over {table.repeats}{percent}."
        if table.over_seeds
        else f"Value ± 95 % interval over test samples{percent}."
    ]
    if len(table.rows) > 1:
        how = (
            f"by more than chance (paired t test over shared {table.repeats}, Holm-corrected, 5 %)"
            if table.over_seeds
            else "with an interval that meets no other's"
        )
        said += [f"Bold: ahead of all others {how}. ≈: the best, or not to be told from it."]
    spent = "time and memory" if any("memory" in row.cost for row in table.rows) else "time"
    return " ".join([*said, f"{spent.capitalize()}: mean of a run. n: finished runs of those begun."])


def verdict(table: Table) -> str:
    """Each variant beside the best by the headline metric, in words; empty where there is nothing to compare."""
    others = [row for row in table.rows if row.against_best is not None]
    if table.headline is None or not others:
        return ""
    best = next(row.label for row in table.rows if row.number == table.best)
    said = [f"{best} has the best mean {table.headline.name}."]
    if not table.tested:
        return f"{said[0]} Nothing can be said of its lead: no other variant shares two {table.repeats} with it."
    worse = [row for row in others if row.against_best and row.against_best.worse]
    open_ones = [row for row in others if row.against_best and row.against_best.p is None]
    tied = [row for row in others if row not in worse and row not in open_ones]
    if worse:
        said.append(f"Worse than it: {_named(worse, 'highest', max)}.")
    if tied:
        said.append(f"Not distinguishable from it: {_named(tied, 'lowest', min)}.")
    if open_ones:
        said.append(f"Fewer than two {table.repeats} shared with it, so nothing can be said: {_named(open_ones)}.")
    return " ".join([*said, f"(Paired t test over shared {table.repeats}, Holm-corrected.)"])


def state_of(sweep: Sweep) -> str:
    """``7 of 9 jobs done, 1 failed, 1 running``."""
    jobs = f"{len(sweep.runs)} job{'s' if len(sweep.runs) > 1 else ''}"
    return ", ".join([f"{sweep.states['done']} of {jobs} done", *_besides_done(sweep.states.items())])


def failures(sweep: Sweep, most: int) -> list[str]:
    """``center, seed 2 (5): loss is NaN at step 7`` of the first failed jobs, then how many more there are."""
    lines = [f"{sweep.label(run)} ({run.directory.name}): {error_line(run.error)}" for run in sweep.failed[:most]]
    more = len(sweep.failed) - len(lines)
    return [*lines, f"and {more:,} more, see results.csv"] if more else lines


def error_line(error: str | None) -> str:
    """The error on one line of bearable length."""
    line = " ".join(str(error or "no error was recorded").split())
    return line if len(line) <= 300 else f"{line[:299]}…"


def format_p(p: float) -> str:
    """``p = 0.012``, ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}" if p < 0.995 else "p = 1"


def format_seconds(seconds: float) -> str:
    """``48 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def format_bytes(count: float) -> str:
    """``820 MiB``, ``1.3 GiB``."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


_COST_GLOSS = {
    "time": "Mean wall time of a run.",
    "memory": "Mean over the runs of their peak resident memory.",
    "GPU memory": "Mean over the runs of their peak memory on the GPU.",
}


def _result(metric: Metric, row: Row) -> Entry:
    cell = row.cells.get(metric.key)
    if cell is None:
        return ABSENT
    half = "" if cell.half is None else metric.format(cell.half)
    return Entry(metric.format(cell.mean), half, cell.mark, order=cell.mean)


def _beside(table: Table, row: Row) -> Entry:
    if row.number == table.best:
        return Entry("the best", order=0.0)
    found = row.against_best
    if found is None:
        return ABSENT
    if found.p is None:
        return Entry(f"too few shared {table.repeats} ({found.shared})")
    return Entry(f"{_word(found)}, {format_p(found.p)}", order=-found.ahead)


def _word(found: Comparison) -> str:
    if not found.distinguishable:
        return "not distinguishable"
    # The best has the best mean of all its runs; over those that the two share it can still be behind.
    return "worse" if found.worse else "better on the shared ones"


def _cost(name: str, row: Row) -> Entry:
    cell = row.cost.get(name)
    if cell is None:
        return ABSENT
    return Entry(format_seconds(cell.mean) if name == "time" else format_bytes(cell.mean), order=cell.mean)


def _jobs(row: Row) -> Entry:
    rest = ", ".join(_besides_done(row.states.items()))
    return Entry(f"{row.done}/{row.jobs}", note=f"({rest})" if rest else "", order=row.done)


def _besides_done(states: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{count} {state}" for state, count in sorted(states) if state != "done"]


def _named(rows: list[Row], bound: str = "", of: Callable[[list[float]], float] = max) -> str:
    """Labels with their p; of many, their number with the highest or lowest p."""
    p = [row.against_best.p for row in rows if row.against_best is not None and row.against_best.p is not None]
    if len(rows) > NAMED:
        return f"{len(rows):,} variants" + (f" ({bound} {format_p(of(p))})" if p else "")
    if not p:
        return "; ".join(row.label for row in rows)
    return "; ".join(f"{row.label} ({format_p(value)})" for row, value in zip(rows, p, strict=True))
