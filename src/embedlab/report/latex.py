"""The table as LaTeX, for ``\\input`` into a paper that loads the package ``booktabs``."""

import re

from embedlab.report.layout import Entry, columns, legend, verdict
from embedlab.report.table import BEST, TIED, Table

_SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "–": "--", "±": r"$\pm$", "≈": r"$\approx$", "≤": r"$\leq$", "…": r"\ldots{}",
}  # fmt: skip
_ANY_SPECIAL = re.compile("|".join(map(re.escape, _SPECIAL)))


def latex(table: Table) -> str:
    """A ``tabular`` with its legend as comments: the best in bold where it is ahead by more than chance."""
    shown = columns(table)
    head = [table.title, *(column.heading for column in shown)]
    rows = [[escape(row.label), *(_cell(column.entry(row)) for column in shown)] for row in table.rows]
    lines = [
        r"% Needs \usepackage{booktabs}.",
        *(f"% {line}" for line in (legend(table), verdict(table)) if line),
        r"\begin{tabular}{l" + "".join("r" if column.number else "l" for column in shown) + "}",
        r"\toprule",
        _line([escape(heading) for heading in head]),
        r"\midrule",
        *map(_line, rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that LaTeX sets as it is written here."""
    return _ANY_SPECIAL.sub(lambda found: _SPECIAL[found.group()], text)


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(entry: Entry) -> str:
    """As in Markdown, but with math signs; ties carry theirs raised."""
    text = rf"\textbf{{{escape(entry.text)}}}" if entry.mark == BEST else escape(entry.text)
    half = rf" $\pm$ {escape(entry.half)}" if entry.half else ""
    tie = r"$^{\approx}$" if entry.mark == TIED else ""
    return text + half + tie + (f" {escape(entry.note)}" if entry.note else "")
