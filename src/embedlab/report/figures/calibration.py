"""How often a class is right, by how probable the classifier finds it."""

from pathlib import Path

import numpy as np

from embedlab.report.figures.figure import NEUTRAL, Figure, colour, first_seed, panels, save_vector
from embedlab.report.sweep import Sweep


def calibration(sweep: Sweep, directory: Path) -> Figure | None:
    """A panel per variant, a point for each bin of probability; None without a run of a classifier of texts."""
    arrays = ("calibration_counts", "calibration_confidence", "calibration_share")
    shown = [(v, run) for v in sweep.variants if (run := v.showcase(*arrays))]
    if not shown:
        return None
    with panels(len(shown), 2.8, sharey=True) as (drawn, places):
        for (variant, run), axes in zip(shown, places, strict=True):
            counts, confidence, share = (run.evaluation[name] for name in arrays)
            there = counts > 0
            axes.plot([0, 100], [0, 100], color=NEUTRAL, linewidth=0.8, linestyle=(0, (3, 3)))
            axes.plot(100 * confidence[there], 100 * share[there], color=colour(variant.number), linewidth=1)
            areas = 120 * counts[there] / counts.max()
            axes.scatter(
                100 * confidence[there], 100 * share[there], np.maximum(areas, 4), color=colour(variant.number)
            )
            axes.set(xlim=(0, 102), ylim=(0, 102), title="" if sweep.single else variant.label)
        drawn.supxlabel("probability of the class that is given (%)", fontsize="medium")
        drawn.supylabel("given rightly (%)", fontsize="medium")
        svg = save_vector(drawn, directory, "calibration")
    return Figure(
        "calibration",
        "What probabilities are worth",
        "Test texts by the probability of the class they are given, in bins of equal width; the larger a point, the "
        "more of them. On the dashed line probabilities are what they say, below it the classifier is too sure. "
        f"{first_seed(sweep)}",
        "Calibration of " + ", ".join(v.label for v, _ in shown),
        svg=svg,
    )
