"""The results table for the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table as RichTable
from rich.text import Text

from embedlab.report.layout import ABSENT, Entry, columns, failures, legend, state_of, verdict
from embedlab.report.metrics import ordered
from embedlab.report.sweep import Sweep
from embedlab.report.table import BEST, TIED, Table

if TYPE_CHECKING:  # a report reads files, and starts without torch
    from embedlab.evaluation.protocol import Estimate

MOST_ROWS, MOST_FAILURES = 20, 10


def terminal_table(sweep: Sweep, table: Table) -> Group:
    """The main table of a run or a sweep and what is to say of it, ready for ``rich.print``; of a long one its top."""
    more = len(table.rows) - MOST_ROWS
    said = [f"… and {more:,} more variants, see results.md"] if more > 0 else []
    said += [legend(table), verdict(table)]
    said += [f"{state_of(sweep)}."] if not sweep.single else []
    said += [f"Failed: {line}" for line in failures(sweep, MOST_FAILURES)]
    shown = RichTable(box=box.SIMPLE_HEAD, title=sweep.name)
    shown.add_column(table.title, no_wrap=True)
    numbers = [column for column in columns(table) if column.number]  # words stand below, not in a column
    for column in numbers:
        shown.add_column(column.heading, justify="right", overflow="fold")
    for row in table.rows[:MOST_ROWS]:
        shown.add_row(Text(row.label), *(_text(column.entry(row)) for column in numbers))
    return Group(shown, Text("\n".join(filter(None, said))))


def estimates_table(estimates: "Mapping[str, Estimate]") -> RichTable:
    """Every metric of one evaluation on a line: value, 95 % interval, and what it is."""
    shown = RichTable(box=box.SIMPLE_HEAD)
    for heading in ("metric", "value", "95 % interval", ""):
        shown.add_column(heading, justify="left" if heading in ("metric", "") else "right")
    for metric in ordered(set(estimates)):
        estimate = estimates[metric.key]
        interval = "" if estimate.low is None or estimate.high is None else f"{estimate.low:.4f} … {estimate.high:.4f}"
        shown.add_row(metric.key, f"{estimate.value:.4f}", interval, Text(metric.gloss, style="dim"))
    return shown


def _text(entry: Entry) -> Text:
    """Mean and interval; the best bold and green, those tied with it marked, unfinished jobs red."""
    if entry == ABSENT:
        return Text(entry.text, style="dim")
    text = Text(entry.text, style="bold green" if entry.mark == BEST else "")
    if entry.half:
        text.append(f" ±{entry.half}", style="dim not bold")
    text.append(" ≈" if entry.mark == TIED else "", style="cyan")
    return text.append(f" {entry.note}" if entry.note else "", style="red")
