"""The headline metric over the two factors of a sweep."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from embedlab.report.figures.factors import Factor, factors
from embedlab.report.figures.figure import INK, MISS, WIDE, Figure, canvas, save_vector
from embedlab.report.metrics import Metric
from embedlab.report.sweep import Sweep
from embedlab.report.table import Table

_FILLED = 0.5  # a sweep that holds fewer of the combinations is no grid
_WRITTEN = 12  # values a factor up to which each field is written as a number
_VECTORS = 900  # fields up to which each is a shape of its own in the drawing
_TICKS = 20
_ON_DARK, _ON_LIGHT = "#ffffff", "#101010"  # on the fields, whose colours are the same on light and dark paper


def heat_map(sweep: Sweep, table: Table, directory: Path) -> Figure | None:
    """Mean of the headline metric per combination; None unless two factors vary and most combinations have a result."""
    across = factors(sweep)
    metric = table.headline
    if len(across) != 2 or metric is None:
        return None
    first, second = across if len(across[0].values) <= len(across[1].values) else across[::-1]
    field = np.full((len(first.values), len(second.values)), np.nan)
    for variant, row in zip(sweep.variants, table.rows, strict=True):
        if metric.key in row.cells:
            place = first.values.index(variant.settings[first.key]), second.values.index(variant.settings[second.key])
            field[place] = row.cells[metric.key].mean * (100 if metric.fraction else 1)
    filled = np.isfinite(field)
    if filled.sum() < 2 or filled.mean() < _FILLED:
        return None
    rows, columns = field.shape
    with canvas(WIDE, min(9.0, 1.3 + 0.45 * rows)) as drawn:
        axes = drawn.subplots()
        colours = "viridis" if metric.higher_is_better else "viridis_r"
        mesh = axes.pcolormesh(np.ma.masked_invalid(field), cmap=colours, rasterized=field.size > _VECTORS)
        bar = drawn.colorbar(mesh, ax=axes, label=metric.name + (" (%)" if metric.fraction else ""))
        bar.outline.set_visible(False)
        axes.grid(False)
        axes.invert_yaxis()
        axes.spines[:].set_visible(False)
        for axis, factor in ((axes.xaxis, second), (axes.yaxis, first)):
            shown = range(0, len(factor.values), -(-len(factor.values) // _TICKS))
            axis.set_ticks([index + 0.5 for index in shown], [factor.values[index] for index in shown])
            axis.set_tick_params(length=0)
        if _crowded(second):
            axes.tick_params(axis="x", rotation=35)
        axes.set(xlabel=second.key, ylabel=first.key)
        if max(rows, columns) <= _WRITTEN:
            _write(axes, field, metric)
        best = int(np.nanargmax(field if metric.higher_is_better else -field))
        frame = Rectangle((best % columns, best // columns), 1, 1, fill=False, edgecolor=MISS, linewidth=2.5)
        frame.set_clip_on(False)
        axes.add_patch(frame)
        svg = save_vector(drawn, directory, "heat_map")
    return Figure(
        "heat_map",
        f"{metric.name} by {first.key} and {second.key}",
        f"Mean over {table.repeats}; framed: the best mean. An empty field has no finished run.",
        f"Heat map of {metric.name} over {first.key} and {second.key}",
        svg=svg,
    )


def _write(axes: Axes, field: NDArray[np.float64], metric: Metric) -> None:
    """Each field's number on it; the upper end of the colours is light, of the reversed ones the lower."""
    low, high = np.nanmin(field), np.nanmax(field)
    for (row, column), value in np.ndenumerate(field):
        if not np.isfinite(value):
            axes.text(column + 0.5, row + 0.5, "–", ha="center", va="center", color=INK)
            continue
        share = (value - low) / ((high - low) or 1.0)
        tint = _ON_LIGHT if (share if metric.higher_is_better else 1 - share) > 0.6 else _ON_DARK
        text = f"{value:.1f}" if metric.fraction else f"{value:.4g}"
        axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=tint)


def _crowded(factor: Factor) -> bool:
    return sum(map(len, factor.values[:_TICKS])) > 8 * min(len(factor.values), _TICKS)
