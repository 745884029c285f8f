"""Distances of matching and of non-matching pairs, with the threshold chosen between them."""

from pathlib import Path
from typing import Any

import numpy as np

from embedlab.report.figures.figure import INK, NEUTRAL, Figure, colour, first_seed, panels, save_vector
from embedlab.report.sweep import Sweep


def distance_histograms(sweep: Sweep, directory: Path) -> Figure | None:
    """One panel per variant, each on its own scale of distances; None without a run that holds them."""
    shown = [(v, run) for v in sweep.variants if (run := v.showcase("pair_distances", "pair_same"))]
    if not shown:
        return None
    with panels(len(shown), 2.5) as (drawn, places):
        for (variant, run), axes in zip(shown, places, strict=True):
            distances, same = run.evaluation["pair_distances"].astype(float), run.evaluation["pair_same"] > 0
            bins = np.linspace(distances.min(), distances.max() + 1e-9, 60)
            shape: dict[str, Any] = {"bins": bins, "density": True, "histtype": "stepfilled"}
            axes.hist(distances[~same], color=NEUTRAL, alpha=0.55, **shape)
            axes.hist(distances[same], color=colour(variant.number), alpha=0.8, **shape)
            axes.set_title("" if sweep.single else variant.label)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            if run.has("threshold"):
                threshold = float(np.mean(run.evaluation["threshold"]))
                axes.axvline(threshold, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
                wrong = error_rates(distances, same, threshold)
                axes.set_xlabel(f"≤ {threshold:.3g}: {wrong[0]:.1%} false, {wrong[1]:.1%} missed", fontsize="small")
        svg = save_vector(drawn, directory, "distances")
    return Figure(
        "distances",
        "Distances of pairs",
        "Coloured: pairs of the same class; grey: of different ones; dashed: the threshold chosen for verification, "
        "below which a pair is called the same, with the false accepts and the missed matches it costs. "
        f"{first_seed(sweep)}",
        "Histograms of distances of matching and non-matching pairs of " + ", ".join(v.label for v, _ in shown),
        svg=svg,
    )


def error_rates(distances: np.ndarray, same: np.ndarray, threshold: float) -> tuple[float, float]:
    """Share of different pairs accepted and of same pairs refused at ``threshold``."""
    accepted = distances <= threshold
    return float(accepted[~same].mean()) if (~same).any() else 0.0, float(
        (~accepted[same]).mean()
    ) if same.any() else 0.0
