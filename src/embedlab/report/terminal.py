"""The results table for the terminal."""

from collections.abc import Mapping
from pathlib import Path

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from embedlab.evaluation.protocol import Estimate
from embedlab.report.metrics import Metric, ordered
from embedlab.report.runs import read
from embedlab.report.table import BEST, TIED, Cell, format_seconds, legend, tabulate


def terminal_table(directory: str | Path) -> RichTable:
    """The main table of a run or a sweep directory, ready for ``rich.print``.

    Raises:
        FileNotFoundError: there is no run in the directory.
    """
    sweep = read(directory)
    table = tabulate(sweep)
    shown = RichTable(box=box.SIMPLE_HEAD, title=sweep.name, caption=legend(table), caption_justify="left")
    shown.add_column(table.title, no_wrap=True)
    for metric in table.metrics:
        shown.add_column(metric.name, justify="right", overflow="fold")
    shown.add_column("time", justify="right")
    shown.add_column("n", justify="right")
    for row in table.rows:
        cells = [_text(metric, row.cells.get(metric.key)) for metric in table.metrics]
        time = "–" if row.seconds is None else format_seconds(row.seconds.mean)
        count = Text(f"{row.done}/{row.jobs}", style="" if row.done == row.jobs else "red")
        shown.add_row(Text(row.label), *cells, time, count)
    return shown


def estimates_table(estimates: Mapping[str, Estimate]) -> RichTable:
    """Every metric of one evaluation on a line: value, 95 % interval, and what it is."""
    shown = RichTable(box=box.SIMPLE_HEAD)
    for heading in ("metric", "value", "95 % interval", ""):
        shown.add_column(heading, justify="left" if heading in ("metric", "") else "right")
    for metric in ordered(set(estimates)):
        estimate = estimates[metric.key]
        interval = "" if estimate.low is None or estimate.high is None else f"{estimate.low:.4f} … {estimate.high:.4f}"
        shown.add_row(metric.key, f"{estimate.value:.4f}", interval, Text(metric.gloss, style="dim"))
    return shown


def _text(metric: Metric, cell: Cell | None) -> Text:
    """Mean and interval; the best bold and green, those tied with it marked."""
    if cell is None:
        return Text("–", style="dim")
    text = Text(metric.format(cell.mean), style="bold green" if cell.mark == BEST else "")
    if cell.half is not None:
        text.append(f" ±{metric.format(cell.half)}", style="dim not bold")
    return text.append(" ≈" if cell.mark == TIED else "", style="cyan")
