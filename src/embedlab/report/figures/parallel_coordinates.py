"""The headline metric over the factors of a sweep that are too many, or too scattered, for a grid."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import LogLocator, MaxNLocator

from embedlab.report.figures.factors import Factor, factors
from embedlab.report.figures.figure import INK, NEUTRAL, PAPER, WIDE, Figure, canvas, save_vector
from embedlab.report.sweep import Sweep
from embedlab.report.table import Table

MOST_LINES = 400
_FEWEST_LINES = 3
_TICKS = 7
_BEHIND: dict[str, Any] = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1}


def parallel_coordinates(sweep: Sweep, table: Table, directory: Path) -> Figure | None:
    """A line per variant through its value of each factor to its headline metric.

    None unless two factors or a numeric one vary, and three variants have a result.
    """
    across, metric = factors(sweep), table.headline
    if metric is None or not (len(across) > 1 or any(factor.numeric for factor in across)):
        return None
    means = {row.number: row.cells[metric.key].mean for row in table.rows if metric.key in row.cells}
    ranked = sorted(means, key=lambda number: means[number], reverse=not metric.higher_is_better)  # the best on top
    if len(ranked) < _FEWEST_LINES:
        return None
    chosen = spread(ranked, MOST_LINES)
    settings = {variant.number: variant.settings for variant in sweep.variants}
    low, high = means[ranked[0]], means[ranked[-1]]
    low, high = min(low, high), max(low, high)
    width = (high - low) or 1.0
    lines = np.array(
        [
            [*enumerate(factor.place(settings[number][factor.key]) for factor in across),
             (len(across), (means[number] - low) / width)]
            for number in chosen
        ]
    )  # fmt: skip
    colours = mpl.colormaps["viridis" if metric.higher_is_better else "viridis_r"]
    with canvas(WIDE, 4.4) as drawn:
        axes = drawn.subplots()
        tints = np.asarray(colours(0.12 + 0.84 * lines[:, -1, 1]))  # its ends are lost on dark and on light paper
        widths = [1.2] * (len(chosen) - 1) + [3.0]
        tints[:-1, 3] = 0.8 if len(chosen) <= 60 else 0.45
        axes.add_collection(LineCollection(list(lines), colors=tints, linewidths=widths, capstyle="round"))
        for place, factor in enumerate(across):
            _axis(axes, place, factor.key, _ticks(factor))
        scale = 100 if metric.fraction else 1
        heights = {
            f"{mark:g}": (mark / scale - low) / width for mark in MaxNLocator(5).tick_values(scale * low, scale * high)
        }
        ticks = [(height, mark) for mark, height in heights.items() if 0 <= height <= 1]
        _axis(axes, len(across), metric.name + (" (%)" if metric.fraction else ""), ticks, result=True)
        axes.set(xlim=(-0.35, len(across) + 0.3), ylim=(-0.04, 1.12))
        axes.axis("off")
        svg = save_vector(drawn, directory, "parallel_coordinates")
    some = "" if len(chosen) == len(ranked) else f" {len(chosen)} of {len(ranked):,}, evenly spread from worst to best."
    return Figure(
        "parallel_coordinates",
        f"{metric.name} by {', '.join(factor.key for factor in across)}",
        f"A line is a variant, its colour and its right end the mean over {table.repeats}; thick: the best mean.{some}",
        f"Parallel coordinates of {', '.join(factor.key for factor in across)} and {metric.name}",
        svg=svg,
    )


def spread(ranked: list[int], most: int) -> list[int]:
    """At most ``most`` of a ranking, evenly spaced, the first and the last among them."""
    if len(ranked) <= most:
        return ranked
    return [ranked[round(index)] for index in np.linspace(0, len(ranked) - 1, most)]


def _axis(axes: Axes, place: int, name: str, ticks: list[tuple[float, str]], result: bool = False) -> None:
    axes.plot([place, place], [0, 1], color=NEUTRAL, linewidth=1.2)
    axes.text(place, 1.06, name, ha="center", va="bottom", fontweight="bold", fontsize="medium", color=INK)
    for height, text in ticks:
        axes.plot([place - 0.02, place + 0.02], [height, height], color=NEUTRAL, linewidth=1.2)
        side = 0.05 if result else -0.05
        axes.text(
            place + side, height, text, ha="left" if result else "right", va="center", fontsize="small", bbox=_BEHIND
        )


def _ticks(factor: Factor) -> list[tuple[float, str]]:
    """Heights and words along a factor's axis: each value where they are few, round numbers or every so many else."""
    if len(factor.values) <= _TICKS or not factor.numeric:
        shown = factor.values[:: -(-len(factor.values) // (2 * _TICKS))]
        return [(factor.place(value), value) for value in shown]
    low, high = float(factor.values[0]), float(factor.values[-1])
    locator = LogLocator(subs=(1, 2, 5)) if factor.log else MaxNLocator(5)
    return [(factor.place(mark), f"{mark:g}") for mark in locator.tick_values(low, high) if low <= mark <= high]
