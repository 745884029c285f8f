"""The results table for the terminal."""

from pathlib import Path

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from embedlab.report.metrics import Metric
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


def _text(metric: Metric, cell: Cell | None) -> Text:
    """Mean and interval; the best bold and green, those tied with it marked."""
    if cell is None:
        return Text("–", style="dim")
    text = Text(metric.format(cell.mean), style="bold green" if cell.mark == BEST else "")
    if cell.half is not None:
        text.append(f" ±{metric.format(cell.half)}", style="dim not bold")
    return text.append(" ≈" if cell.mark == TIED else "", style="cyan")
