"""Tables, figures and the HTML page of a run or of a sweep."""

from pathlib import Path

from embedlab.report import figures, page
from embedlab.report.runs import Sweep, read
from embedlab.report.table import markdown, tabulate, write_csv
from embedlab.report.terminal import estimates_table, terminal_table

__all__ = ["build_report", "estimates_table", "terminal_table"]


def build_report(directory: str | Path) -> Path:
    """Writes ``results.csv``, ``results.md``, ``figures/`` and ``report.html`` into a run or a sweep directory.

    Returns:
        Where the page lies.

    Raises:
        FileNotFoundError: there is no run in the directory.
    """
    sweep = read(directory)
    write_csv(sweep, sweep.directory / "results.csv")
    (sweep.directory / "results.md").write_text(markdown(tabulate(sweep)), encoding="utf-8")
    return page.write(sweep, draw(sweep))


def draw(sweep: Sweep) -> page.Pictures:
    """Draws every figure the runs have data for, each also as a file in ``figures/``."""
    directory = sweep.directory / "figures"
    directory.mkdir(exist_ok=True)
    plots = (kind(sweep, directory) for kind in (figures.roc, figures.validation_curve))
    multiples = (kind(sweep, directory) for kind in (figures.distance_histograms, figures.training_loss))
    return page.Pictures(
        intervals=figures.intervals(sweep, directory),
        plots=tuple(figure for figure in plots if figure),
        multiples=tuple(figure for figure in multiples if figure),
        maps=figures.embedding_maps(sweep, directory),
        neighbours=figures.neighbour_rows(sweep, directory),
    )
