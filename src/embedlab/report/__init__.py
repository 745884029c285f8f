"""Tables, figures and the HTML page of a run or of a sweep.

What a report is made with (Matplotlib, SciPy, Jinja) is imported when one is made: the names and formats of metrics are
read by commands that make none, and start in a blink.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Group

    from embedlab.report.sweep import Sweep
    from embedlab.report.table import Table

__all__ = ["Report", "build_report", "draw_run"]

MOST_DRAWN = 16  # variants in the figures; a larger sweep is ordered by its headline metric, and the first are drawn


@dataclass(frozen=True)
class Report:
    """What was made of a run or a sweep directory.

    Attributes:
        page: where the HTML page lies.
        table: with all test metrics; ``table.main`` is what is shown first.
    """

    page: Path
    sweep: "Sweep"
    table: "Table"

    @property
    def terminal_table(self) -> "Group":
        """The main table and what is to say of it, ready for ``rich.print``."""
        from embedlab.report.terminal import terminal_table

        return terminal_table(self.sweep, self.table.main)


def build_report(directory: str | Path, metric: str | None = None) -> Report:
    """Writes ``results.csv``, the table as ``results.md`` and ``.tex``, ``figures/`` and ``report.html``.

    Args:
        directory: of a run, or of a sweep in whatever state it is.
        metric: the test metric by which variants are compared with the best, ``recall_at_1``; by default the one that
            chose the runs' best epochs.

    Raises:
        BadInput: there is no run in the directory, or no such metric.
    """
    from embedlab.report import page
    from embedlab.report.latex import latex
    from embedlab.report.markdown import summary
    from embedlab.report.pictures import draw
    from embedlab.report.results_csv import write_csv
    from embedlab.report.sweep import read
    from embedlab.report.table import best_first, headline_metric, tabulate

    sweep = read(directory)
    headline = headline_metric(sweep, metric)
    write_csv(sweep, sweep.directory / "results.csv")
    if len(sweep.variants) > MOST_DRAWN:
        sweep = best_first(sweep, headline)
    table = tabulate(sweep, headline)
    (sweep.directory / "results.md").write_text(summary(sweep, table.main), encoding="utf-8")
    (sweep.directory / "results.tex").write_text(latex(table.main), encoding="utf-8")
    return Report(page.write(sweep, table, draw(sweep, table.main, MOST_DRAWN), MOST_DRAWN), sweep, table)


def draw_run(directory: Path) -> list[Path]:
    """Draws the figures of one run into ``figures/``, also while its status does not yet say that it is done.

    Returns:
        The PNG files.
    """
    from embedlab.report.pictures import draw
    from embedlab.report.runs import read_run
    from embedlab.report.sweep import Sweep, Variant
    from embedlab.report.table import headline_metric, tabulate

    run = replace(read_run(directory), status="done")
    sweep = Sweep(directory, (), (Variant(run.name or directory.name, {}, 0, (run,)),))
    draw(sweep, tabulate(sweep, headline_metric(sweep)).main, MOST_DRAWN)
    return sorted((directory / "figures").glob("*.png"))
