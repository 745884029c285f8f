"""What words are, and what taggers take them for."""

from pathlib import Path

import numpy as np

from embedlab.report.figures.figure import Figure, canvas, first_seed, save_vector
from embedlab.report.sweep import Sweep

_SIDE = 4.6  # inches of a panel
_ACROSS = 2  # panels in a row
_ON_DARK, _ON_LIGHT = "#ffffff", "#101010"
_WRITTEN = 0.005  # shares from which on a field says its number


def tag_confusions(sweep: Sweep, directory: Path) -> Figure | None:
    """A matrix per variant: the tags of words by the tags found; None without a run that holds them."""
    shown = [(v, run) for v in sweep.variants if (run := v.showcase("confusions", "confusion_names"))]
    if not shown:
        return None
    columns = min(len(shown), _ACROSS)
    rows = -(-len(shown) // columns)
    with canvas(columns * (_SIDE + 0.6), rows * _SIDE) as drawn:
        places = list(drawn.subplots(rows, columns, squeeze=False).flat)
        for spare in places[len(shown) :]:
            spare.set_visible(False)
        for (variant, run), axes in zip(shown, places, strict=False):
            counts, names = run.evaluation["confusions"].astype(float), run.evaluation["confusion_names"].tolist()
            share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
            axes.pcolormesh(share, cmap="viridis", vmin=0, vmax=1)
            for (row, column), value in np.ndenumerate(share):
                if value >= _WRITTEN:
                    tint = _ON_LIGHT if value > 0.6 else _ON_DARK
                    axes.text(
                        column + 0.5, row + 0.5, f"{100 * value:.0f}", ha="center", va="center", color=tint, fontsize=7
                    )
            axes.set_title("" if sweep.single else variant.label)
            axes.grid(False)
            axes.spines[:].set_visible(False)
            axes.invert_yaxis()
            middles = np.arange(len(names)) + 0.5
            axes.set_xticks(middles, names, rotation=90, fontsize=8)
            axes.set_yticks(middles, names, fontsize=8)
            axes.tick_params(length=0)
            axes.set(xlabel="found", ylabel="right")
        svg = save_vector(drawn, directory, "tag_confusions")
    return Figure(
        "tag_confusions",
        "What is taken for what",
        "A row has the words of one tag, or the texts of one class, a column those that were given it: shares of the "
        "row in percent, from half a "
        f"percent on. {first_seed(sweep)}",
        "Confusions of tags of " + ", ".join(v.label for v, _ in shown),
        svg=svg,
    )
