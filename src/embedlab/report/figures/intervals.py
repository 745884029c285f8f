"""The table as a picture: mean, interval and single seeds of every variant, metric by metric."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes

from embedlab.report.figures.figure import Figure, colour, panels, save_vector
from embedlab.report.table import Row, Table


def intervals(table: Table, directory: Path, most: int) -> Figure | None:
    """A panel per metric with the table's first ``most`` rows; None where nothing can be compared."""
    rows = table.rows[:most]
    if not table.metrics or sum(bool(row.cells) for row in rows) < 2:
        return None
    with panels(len(table.metrics), 0.75 + 0.3 * len(rows), sharey=True) as (drawn, places):
        for axes, metric in zip(places, table.metrics, strict=True):
            scale = 100 if metric.fraction else 1
            for place, row in enumerate(rows):
                cell = row.cells.get(metric.key)
                if cell is None:
                    continue
                tint = colour(row.number)
                axes.plot([scale * v for v in cell.values], [place] * len(cell.values), "|", color=tint, alpha=0.6)
                half = None if cell.half is None else scale * cell.half
                axes.errorbar(scale * cell.mean, place, xerr=half, fmt="o", color=tint, markersize=6, linewidth=2)
            axes.set_title(metric.name)
            _zoom(axes, rows, metric.key, scale)
        places[0].set_yticks(range(len(rows)), [row.label for row in rows])
        places[0].set_ylim(len(rows) - 0.5, -0.5)
        svg = save_vector(drawn, directory, "intervals")
    spread = f"95 % t interval over {table.repeats}" if table.over_seeds else "95 % interval over test samples"
    return Figure(
        "intervals",
        "The same at a glance",
        f"Dot: mean; bar: {spread}, cut at the panel's edge where it is wider; ticks: single runs."
        + (" In percent." if all(metric.fraction for metric in table.metrics) else ""),
        "Mean and interval of every variant on every metric, as in the table",
        svg=svg,
    )


def _zoom(axes: Axes, rows: Sequence[Row], key: str, scale: float) -> None:
    """Shows all seeds with room around; a two-seed interval can be wider than the scale itself."""
    values = [scale * value for row in rows if key in row.cells for value in row.cells[key].values]
    if not values:
        return
    room = 0.25 * (max(values) - min(values)) or 0.05 * abs(values[0]) or 1.0
    axes.set_xlim(min(values) - room, max(values) + room)
