"""Queries with their nearest neighbours, hits and misses marked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from embedlab.report.figures.figure import HIT, MISS, NEUTRAL, Figure, canvas, first_seed, save_raster
from embedlab.report.figures.thumbnails import NEEDED, class_name, gallery
from embedlab.report.runs import Run
from embedlab.report.sweep import Sweep

RANDOM, FAILED = 4, 4  # rows of each kind
NEAREST = 10
_TRIED = 1000  # queries among which failures are looked for


@dataclass(frozen=True)
class Neighbours:
    """Rows of the gallery.

    Attributes:
        queries: ``(Q,)``.
        nearest: ``(Q, k)``, nearest first, the query itself left out.
        hits: ``(Q, k)``: of the query's own class.
    """

    queries: NDArray[np.int64]
    nearest: NDArray[np.int64]
    hits: NDArray[np.bool_]


def neighbour_rows(sweep: Sweep, directory: Path) -> dict[str, Figure]:
    """A figure per variant by its label: the same random queries for all, then failures of its own."""
    shown = {v: run for v in sweep.variants if (run := v.showcase(*NEEDED))}
    return {
        variant.label: _rows(sweep, run, variant.label, f"neighbours_{variant.number}", directory)
        for variant, run in shown.items()
    }


def _rows(sweep: Sweep, run: Run, label: str, name: str, directory: Path) -> Figure:
    embeddings, labels, images = gallery(run)
    tried = np.random.default_rng(0).permutation(len(labels))[:_TRIED]
    found = nearest_neighbours(embeddings, labels, tried, min(NEAREST, len(labels) - 1), run.distance)
    answerable = np.isin(found.queries, np.flatnonzero(_has_partner(labels)))
    wrong = np.flatnonzero(answerable & ~found.hits[:, 0]) if found.hits.size else np.array([], dtype=int)
    random = np.flatnonzero(answerable)[:RANDOM]
    failed = [row for row in wrong if row not in random][:FAILED]
    rows = [*random, *failed]
    columns = found.nearest.shape[1]
    with canvas(7.6, 7.6 / (columns + 2.0) * (len(rows) + 0.6) * 1.05, layout=None) as drawn:
        axes = drawn.add_axes((0, 0, 1, 1))
        axes.axis("off")
        for line, row in enumerate(rows):
            y = line * 1.05 + (0.3 if line >= len(random) else 0)
            _tile(axes, images[found.queries[row]], 0, y, NEUTRAL)
            for place in range(columns):
                hit = bool(found.hits[row, place])
                _tile(axes, images[found.nearest[row, place]], place + 1.4, y, HIT if hit else MISS, not hit)
        axes.set(xlim=(-0.1, columns + 1.5), ylim=(len(rows) * 1.05 + 0.35, -0.1))
        webp = save_raster(drawn, directory, name)
    share = len(wrong) / max(int(answerable.sum()), 1)
    names = ", ".join(class_name(run, int(labels[found.queries[row]])) for row in rows)
    return Figure(
        name,
        label,
        f"Left: a test image; right: its {columns} nearest among {len(labels):,} test images, "
        f"by {run.distance.replace('_', ' ').replace('euclid', 'Euclid')} distance. "
        "Green frame: of its class; red frame with a cut corner: of another. "
        f"First {len(random)} random queries, then {len(failed)} of the {share:.1%} of queries whose nearest is wrong. "
        f"{first_seed(sweep)}",
        f"Queries and their nearest neighbours under {label}; classes of the queries: {names}",
        webp=webp,
    )


def nearest_neighbours(
    embeddings: NDArray[np.float32], labels: NDArray[np.int64], queries: NDArray[np.int64], k: int, distance: str
) -> Neighbours:
    """The ``k`` nearest rows of each query row by that distance, the row itself left out."""
    import torch  # two seconds that a report without pictures does not pay

    from embedlab.distances import get_distance

    candidates, rows = torch.from_numpy(embeddings), torch.from_numpy(queries)
    chunks = []
    for chunk in rows.split(256):
        distances = get_distance(distance)(candidates[chunk], candidates)
        distances[torch.arange(len(chunk)), chunk] = torch.inf
        chunks.append(distances.topk(k, largest=False).indices)
    nearest = torch.cat(chunks).numpy()
    return Neighbours(queries, nearest, labels[nearest] == labels[queries][:, None])


def _has_partner(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    _, where, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return counts[where] > 1


def _tile(axes: Axes, image: NDArray[np.uint8], x: float, y: float, frame: str, struck: bool = False) -> None:
    side = 0.92
    axes.imshow(
        image, extent=(x, x + side, y + side, y), cmap="gray", interpolation="bicubic", vmin=0, vmax=255, aspect="auto"
    )
    axes.add_patch(Rectangle((x, y), side, side, fill=False, edgecolor=frame, linewidth=2.4))
    if struck:  # red alone is lost on some eyes
        corner = side * 0.26
        axes.plot([x + side - corner, x + side], [y, y + corner], color=frame, linewidth=2.4)
