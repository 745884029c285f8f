"""The table as a picture: mean, interval and single seeds of every variant, metric by metric."""

from pathlib import Path

from matplotlib.axes import Axes

from embedlab.report.figures.figure import Figure, colour, panels, save_vector
from embedlab.report.runs import Sweep
from embedlab.report.table import Table, tabulate


def intervals(sweep: Sweep, directory: Path) -> Figure | None:
    """A panel per headline metric; None where nothing can be compared."""
    table = tabulate(sweep)
    if not table.metrics or sum(bool(row.cells) for row in table.rows) < 2:
        return None
    with panels(len(table.metrics), 0.75 + 0.3 * len(table.rows), sharey=True) as (drawn, places):
        for axes, metric in zip(places, table.metrics, strict=True):
            scale = 100 if metric.fraction else 1
            for place, row in enumerate(table.rows):
                cell = row.cells.get(metric.key)
                if cell is None:
                    continue
                tint = colour(row.number)
                axes.plot([scale * v for v in cell.values], [place] * len(cell.values), "|", color=tint, alpha=0.6)
                half = None if cell.half is None else scale * cell.half
                axes.errorbar(scale * cell.mean, place, xerr=half, fmt="o", color=tint, markersize=6, linewidth=2)
            axes.set_title(metric.name)
            _zoom(axes, table, metric.key, scale)
        places[0].set_yticks(range(len(table.rows)), [row.label for row in table.rows])
        places[0].set_ylim(len(table.rows) - 0.5, -0.5)
        svg = save_vector(drawn, directory, "intervals")
    spread = f"95 % t interval over {table.repeats}" if table.over_seeds else "95 % interval over test samples"
    return Figure(
        "intervals",
        "The same at a glance",
        f"Dot: mean; bar: {spread}, cut at the panel's edge where it is wider; ticks: single runs. In percent.",
        "Mean and interval of every variant on every metric, as in the table",
        svg=svg,
    )


def _zoom(axes: Axes, table: Table, key: str, scale: float) -> None:
    """Shows all seeds with room around; a two-seed interval can be wider than the scale itself."""
    values = [scale * value for row in table.rows if key in row.cells for value in row.cells[key].values]
    room = 0.25 * (max(values) - min(values)) or 0.05 * abs(values[0]) or 1.0
    axes.set_xlim(min(values) - room, max(values) + room)
