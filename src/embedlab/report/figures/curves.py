"""Learning curves: the validation metric of all variants in one plot, their losses and gradients side by side."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from embedlab.report.comparison import t_quantile
from embedlab.report.figures.figure import (
    PLOT,
    Figure,
    canvas,
    colour,
    line_style,
    logarithmic,
    panels,
    save_vector,
)
from embedlab.report.metrics import Metric, describe
from embedlab.report.sweep import Sweep, Variant

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]  # steps (T,), values (runs, T)

_INSIDE = 6  # names that a legend inside the plot has room for
_PREFERRED = ("val/recall_at_1", "val/map_at_r", "val/accuracy", "val/verification_accuracy")


def validation_curve(sweep: Sweep, directory: Path, headline: Metric | None) -> Figure | None:
    """The validation metric of the headline's name, else a main one, against training steps; None without any."""
    logged = {name for run in sweep.runs for line in run.history for name in line if name.startswith("val/")}
    wanted = (headline.key.replace("test/", "val/"),) if headline else ()
    chosen = next((name for name in (*wanted, *_PREFERRED, *sorted(logged)) if name in logged), None)
    curves = _curves(sweep, chosen) if chosen else {}
    if not chosen or not curves:
        return None
    metric = describe(chosen)
    scale = 100 if metric.fraction else 1
    with canvas(*PLOT) as drawn:
        axes = drawn.subplots()
        for variant, (steps, values) in curves.items():
            values = scale * values
            marker = "o" if len(steps) < 40 else ""
            axes.plot(
                steps, values.mean(0), label=variant.label, marker=marker, markersize=3.5, **line_style(variant.number)
            )
            if len(values) > 1:
                half = half_widths(values)
                low, high = values.mean(0) - half, values.mean(0) + half
                axes.fill_between(steps, low, high, color=colour(variant.number), alpha=0.14, linewidth=0)
        _zoom(axes, [scale * values for _, values in curves.values()])
        axes.set(xlabel="training step", ylabel=metric.name + (" (%)" if metric.fraction else ""))
        if not sweep.single:
            beside = (
                {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
                if len(curves) > _INSIDE
                else {"loc": "lower right"}
            )
            axes.legend(**beside)
        svg = save_vector(drawn, directory, "validation")
    band = (
        f"Line: mean over {sweep.repeats}; band: its 95 % t interval, cut at the edge where it is wider."
        if max(len(values) for _, values in curves.values()) > 1
        else ""
    )
    return Figure(
        "validation",
        f"Learning: validation {metric.name}",
        f"On what is held out to validate by, as training goes on. {band}",
        f"Validation {metric.name} against training step of " + ", ".join(v.label for v in curves),
        svg=svg,
    )


def training_loss(sweep: Sweep, directory: Path) -> Figure | None:
    """The training loss of each variant on a scale of its own; None where none was logged."""
    note = "" if sweep.single else " Different losses have different units: read the shape, not the height."
    return _of_training(sweep, directory, "train/loss", "training loss", note)


def gradient_norm(sweep: Sweep, directory: Path) -> Figure | None:
    """The norm of the gradient in training, on a logarithmic scale; None where none was logged."""
    note = " Of all weights, before it is clipped."
    return _of_training(sweep, directory, "train/gradient_norm", "gradient norm", note, log_scale=True)


def _of_training(
    sweep: Sweep, directory: Path, key: str, what: str, note: str, log_scale: bool = False
) -> Figure | None:
    curves, name = _curves(sweep, key), what.replace(" ", "_")
    if not curves:
        return None
    with panels(len(curves), 2.3) as (drawn, places):
        for (variant, (steps, values)), axes in zip(curves.items(), places, strict=True):
            axes.plot(steps, values.T, color=colour(variant.number), alpha=0.25, linewidth=0.8)
            axes.plot(steps, smooth(values.mean(0)), **line_style(variant.number))
            axes.set_title("" if sweep.single else variant.label)
            if log_scale:
                logarithmic(axes)
            else:
                axes.set_ylim(bottom=min(0, float(values.min())))
        drawn.supxlabel("training step", fontsize="medium")
        drawn.supylabel(what, fontsize="medium")
        svg = save_vector(drawn, directory, name)
    return Figure(
        name,
        f"Learning: {what}",
        f"Faint: each seed as logged; bold: their mean, smoothed.{note}",
        f"{what.capitalize()} against training step of " + ", ".join(v.label for v in curves),
        svg=svg,
    )


def half_widths(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half width ``(T,)`` of the 95 % t interval of the mean of ``(runs, T)``, at least two runs."""
    return t_quantile(len(values)) * values.std(0, ddof=1) / np.sqrt(len(values))


def smooth(values: NDArray[np.float64], share: float = 0.05) -> NDArray[np.float64]:
    """Centred moving average over ``share`` of the curve, its window cut short at both ends."""
    half = int(len(values) * share / 2)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    low = np.maximum(np.arange(len(values)) - half, 0)
    high = np.minimum(np.arange(len(values)) + half + 1, len(values))
    return (sums[high] - sums[low]) / (high - low)


def _zoom(axes: Axes, curves: list[NDArray[np.float64]]) -> None:
    """Shows all single runs with room around; a two-seed interval can be wider than the scale itself."""
    low, high = min(float(values.min()) for values in curves), max(float(values.max()) for values in curves)
    room = 0.12 * (high - low) or 0.05 * abs(high) or 1.0
    axes.set_ylim(low - room, high + room)


def _curves(sweep: Sweep, name: str) -> dict[Variant, Curve]:
    """Each variant's curve at the steps all its runs have logged."""
    curves: dict[Variant, Curve] = {}
    for variant in sweep.variants:
        points = [dict(zip(*run.curve(name), strict=True)) for run in variant.done or variant.runs]
        points = [found for found in points if found]
        steps = sorted(set.intersection(*map(set, points))) if points else []
        if steps:
            curves[variant] = np.array(steps), np.array([[found[s] for s in steps] for found in points])
    return curves
