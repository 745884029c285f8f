"""Distances of matching and of non-matching pairs, with the threshold chosen between them."""

from pathlib import Path

import numpy as np

from embedlab.report.figures.figure import INK, NEUTRAL, Figure, canvas, colour, save_vector
from embedlab.report.runs import Sweep


def distance_histograms(sweep: Sweep, directory: Path) -> Figure | None:
    """One panel per variant, each on its own scale of distances; None without a run that holds them."""
    shown = [(v, run) for v in sweep.variants if (run := v.showcase("pair_distances", "pair_same"))]
    if not shown:
        return None
    columns = min(len(shown), 4)
    rows = -(-len(shown) // columns)
    with canvas(max(2.75 * columns, 7.2 if columns == 1 else 0), 2.5 * rows) as drawn:
        panels = drawn.subplots(rows, columns, squeeze=False).flat
        for (variant, run), axes in zip(shown, panels, strict=False):
            distances, same = run.evaluation["pair_distances"].astype(float), run.evaluation["pair_same"] > 0
            bins = np.linspace(distances.min(), distances.max() + 1e-9, 60)
            axes.hist(distances[~same], bins, density=True, color=NEUTRAL, alpha=0.55, label="different")
            axes.hist(distances[same], bins, density=True, color=colour(variant.number), alpha=0.8, label="same")
            axes.set_title(variant.label)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            if run.has("threshold"):
                threshold = float(np.mean(run.evaluation["threshold"]))
                axes.axvline(threshold, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
                wrong = error_rates(distances, same, threshold)
                axes.set_xlabel(f"≤ {threshold:.3g}: {wrong[0]:.1%} false, {wrong[1]:.1%} missed", fontsize="small")
        for axes in list(panels):
            axes.set_visible(False)
        svg = save_vector(drawn, directory, "distances")
    return Figure(
        "distances",
        "Distances of pairs",
        "Coloured: pairs of the same class; grey: of different ones; dashed: the threshold chosen for verification, "
        "below which a pair is called the same, with the false accepts and the missed matches it costs. "
        f"Each variant has its own scale. {drawn_from(sweep)}",
        "Histograms of distances of matching and non-matching pairs of " + ", ".join(v.label for v, _ in shown),
        svg=svg,
    )


def error_rates(distances: np.ndarray, same: np.ndarray, threshold: float) -> tuple[float, float]:
    """Share of different pairs accepted and of same pairs refused at ``threshold``."""
    accepted = distances <= threshold
    return float(accepted[~same].mean()) if (~same).any() else 0.0, float(
        (~accepted[same]).mean()
    ) if same.any() else 0.0


def drawn_from(sweep: Sweep) -> str:
    """Which seed the pictures of single runs show."""
    return "" if sweep.single else "Shown: each variant's first seed."
