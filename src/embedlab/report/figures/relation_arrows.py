"""Relations between words as arrows: country to capital, verb to its past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from embedlab.report.figures.figure import INK, NEUTRAL, PLOT, WIDE, Figure, canvas, colour, save_vector
from embedlab.report.figures.labels import write_labels
from embedlab.report.sweep import Sweep

RIGHTWARD = ("right", "lower right", "upper right", "below", "above", "left")
LEFTWARD = ("left", "lower left", "upper left", "below", "above", "right")


@dataclass(frozen=True)
class Relation:
    """Pairs of words in one relation.

    Attributes:
        pairs: P of them, ``("France", "Paris")``.
        first, second: ``(P, D)`` their vectors.
    """

    pairs: Sequence[tuple[str, str]]
    first: NDArray[Any]
    second: NDArray[Any]

    @property
    def agreement(self) -> float:
        """Mean cosine between the differences ``second − first`` of different pairs: 1 where all are parallel."""
        offsets = np.asarray(self.second, np.float64) - self.first
        offsets /= np.maximum(np.linalg.norm(offsets, axis=1, keepdims=True), 1e-12)
        count = len(offsets)
        return float((np.square(offsets.sum(0)).sum() - count) / (count * (count - 1))) if count > 1 else np.nan


def relation_figures(sweep: Sweep, directory: Path) -> dict[str, Figure]:
    """A figure per variant by its label, of the pairs of words that its first finished run knows."""
    found = {}
    for variant in sweep.variants:
        if run := variant.showcase("relation_titles", "relation", "relation_pairs", "relation_vectors"):
            of, pairs, vectors = (run.evaluation[name] for name in ("relation", "relation_pairs", "relation_vectors"))
            relations = {
                str(title): Relation(pairs[of == number].tolist(), *np.moveaxis(vectors[of == number], 1, 0))
                for number, title in enumerate(run.evaluation["relation_titles"])
            }
            found[variant.label] = relation_arrows(relations, directory, f"relation_arrows_{variant.number}")
    return found


def relation_arrows(relations: Mapping[str, Relation], directory: Path, name: str = "relation_arrows") -> Figure:
    """A panel a relation: its words projected on their own two principal components, an arrow each pair.

    Args:
        relations: by title, at least two pairs each; with more than fifteen or so the words cover each other.
        directory: gets the picture as a file.
        name: of the file.
    """
    columns = min(len(relations), 2)
    rows = -(-len(relations) // columns)
    with canvas(PLOT[0] if columns == 1 else WIDE, 4.4 * rows) as drawn:
        axes = list(drawn.subplots(rows, columns, squeeze=False).flat)
        for number, (title, relation) in enumerate(relations.items()):
            _panel(axes[number], title, relation, colour(number))
        for spare in axes[len(relations) :]:
            spare.set_visible(False)
        svg = save_vector(drawn, directory, name)
    agreements = ", ".join(f"{title} {relation.agreement:.2f}" for title, relation in relations.items())
    return Figure(
        name,
        "Relations between words",
        "Each panel is the plane of its words' two principal components; an arrow leads from each first word to its "
        f"second. Mean cosine between the arrows in all dimensions: {agreements}.",
        "Pairs of words joined by arrows: " + ", ".join(relations),
        svg=svg,
    )


def plane(first: NDArray[Any], second: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sides ``(P, 2)`` on the two principal components of all 2P vectors, turned so that arrows point right."""
    both = np.concatenate([first, second]).astype(np.float64)
    centred = both - both.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    places = centred @ axes.T
    if places.shape[1] < 2:
        places = np.pad(places, ((0, 0), (0, 1)))
    starts, ends = places[: len(first)], places[len(first) :]
    signs = np.where((ends - starts).mean(0) < 0, -1.0, 1.0)
    return starts * signs, ends * signs


def _panel(axes: Axes, title: str, relation: Relation, tint: str) -> None:
    starts, ends = plane(relation.first, relation.second)
    axes.set_title(title)
    for start, end in zip(starts, ends, strict=True):
        axes.annotate(
            "", xy=tuple(end), xytext=tuple(start),
            arrowprops={"arrowstyle": "-|>", "color": tint, "lw": 1.1, "shrinkA": 3, "shrinkB": 3, "alpha": 0.75},
        )  # fmt: skip
    axes.scatter(starts[:, 0], starts[:, 1], s=12, color=NEUTRAL, linewidths=0)
    axes.scatter(ends[:, 0], ends[:, 1], s=12, color=tint, linewidths=0)
    axes.margins(0.2, 0.08)
    axes.tick_params(labelbottom=False, labelleft=False, length=0)
    words = [first for first, _ in relation.pairs] + [second for _, second in relation.pairs]
    right = np.concatenate([starts[:, 0] > ends[:, 0], ends[:, 0] >= starts[:, 0]])  # away from the arrow
    sides = [RIGHTWARD if r else LEFTWARD for r in right]
    shades = [NEUTRAL] * len(starts) + [INK] * len(ends)
    write_labels(axes, words, np.concatenate([starts, ends]), shades, sides, size=9, drop=False)
