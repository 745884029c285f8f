"""Receiver operating characteristic of all variants in one plot."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedlab.report.figures.figure import BAND, NEUTRAL, PLOT, Figure, canvas, colour, line_style, save_vector
from embedlab.report.runs import Run
from embedlab.report.sweep import Sweep, Variant


def roc(sweep: Sweep, directory: Path) -> Figure | None:
    """True-accept against false-accept rate, the latter on a log scale; None without a run that holds them."""
    runs = {variant: [run for run in variant.done if run.has("far", "tar")] for variant in sweep.variants}
    runs = {variant: found for variant, found in runs.items() if found}
    if not runs:
        return None
    with canvas(*PLOT) as drawn:
        axes = drawn.subplots()
        axes.axvline(1e-2, color=NEUTRAL, linewidth=0.8, linestyle=(0, (3, 3)))
        for variant, found in runs.items():
            far, curves = roc_curves(found)
            axes.plot(far, curves.mean(0), label=_name(variant, found), **line_style(variant.number))
            if len(found) > 1:
                axes.fill_between(
                    far, curves.min(0), curves.max(0), color=colour(variant.number), alpha=0.16, linewidth=0
                )
        axes.set(xscale="log", xlabel="false-accept rate (log scale)", ylabel="true-accept rate", ylim=(0, 1.01))
        axes.xaxis.set_major_formatter(lambda far, _: f"{far:g}")
        if not sweep.single:
            axes.legend(loc="lower right")
        svg = save_vector(drawn, directory, "roc")
    band = BAND if max(map(len, runs.values())) > 1 else ""
    return Figure(
        "roc",
        "Verification: ROC",
        f"How many matching pairs are accepted (up) at how many false accepts (right). {band} "
        "The dashed line is FAR 1e-2, the operating point of the table.",
        "ROC curves of " + ", ".join(variant.label for variant in runs),
        svg=svg,
    )


def roc_curves(runs: list[Run]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Common false-accept rates ``(G,)`` and each run's true-accept rate there ``(runs, G)``, linear in log FAR."""
    points = [_positive(run) for run in runs]
    lowest, highest = max(far[0] for far, _ in points), min(far[-1] for far, _ in points)
    grid = np.geomspace(lowest, highest, 240)
    return grid, np.stack([np.interp(np.log(grid), np.log(far), tar) for far, tar in points])


def _positive(run: Run) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The curve above FAR zero, which a log axis cannot show; at each FAR the highest TAR."""
    far, tar = run.evaluation["far"].astype(float), run.evaluation["tar"].astype(float)
    order = np.lexsort((tar, far))
    far, tar = far[order], tar[order]
    last = np.append(far[1:] != far[:-1], True) & (far > 0)
    return far[last], tar[last]


def _name(variant: Variant, runs: list[Run]) -> str:
    return variant.label if len(runs) == len(variant.runs) else f"{variant.label} (n = {len(runs)})"
