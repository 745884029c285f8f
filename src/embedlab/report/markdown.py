"""The table as Markdown."""

from embedlab.report.layout import Entry, columns, failures, legend, state_of, verdict
from embedlab.report.sweep import Sweep
from embedlab.report.table import BEST, Table

NAMED_FAILURES = 50


def markdown(table: Table) -> str:
    """The table with its legend: the best in bold where it is ahead by more than chance, ties marked ``≈``."""
    shown = columns(table)
    lines = [
        _line([table.title, *(column.heading for column in shown)]),
        "|---|" + "".join("---:|" if column.number else "---|" for column in shown),
        *(_line([row.label, *(_cell(column.entry(row)) for column in shown)]) for row in table.rows),
    ]
    return "\n".join([*lines, "", legend(table), ""])


def summary(sweep: Sweep, table: Table) -> str:
    """The table, what it says in words, and how the jobs went: the content of ``results.md``."""
    parts = [markdown(table), *filter(None, [verdict(table)]), f"{state_of(sweep)}."]
    failed = "\n".join(f"- {line}" for line in failures(sweep, NAMED_FAILURES))
    return "\n\n".join(part.rstrip("\n") for part in [*parts, failed] if part) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cell(entry: Entry) -> str:
    return f"**{entry.line}**" if entry.mark == BEST else entry.line
