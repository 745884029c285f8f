"""A 2-D map of test embeddings that shows the images themselves."""

from pathlib import Path

import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from embedlab.report.figures.figure import Figure, canvas, first_seed, save_raster
from embedlab.report.figures.thumbnails import NEEDED, gallery, ink, is_line_art
from embedlab.report.runs import Run
from embedlab.report.sweep import Sweep

CLASSES, PER_CLASS = 15, 12
_WIDTH, _HEIGHT = 7.0, 5.4  # inches
# Hues a fifteenth of the circle apart, in three lightnesses by turns so that neighbours differ without hue too.
_CLASS_COLOURS = (
    "#b84451", "#e37449", "#f19b37", "#946a00", "#99a109", "#81c764", "#008b54", "#00b5a5",
    "#00cae4", "#007dba", "#5899f3", "#a1a4ff", "#8756b6", "#ca73c5", "#f986b9",
)  # fmt: skip


def embedding_maps(sweep: Sweep, directory: Path) -> dict[str, Figure]:
    """A map per variant by its label, all of the same images where the variants share their test set."""
    shown = {v: run for v in sweep.variants if (run := v.showcase(*NEEDED))}
    return {
        variant.label: _map(sweep, run, variant.label, f"map_{variant.number}", directory)
        for variant, run in shown.items()
    }


def _map(sweep: Sweep, run: Run, label: str, name: str, directory: Path) -> Figure:
    embeddings, labels, images = gallery(run)
    chosen, classes = choose(labels)
    line_art, paper_is_white = is_line_art(images), bool(np.median(images) > 127)
    size = 0.36 if line_art else 0.33  # inches
    frame = np.array([_WIDTH - size, _HEIGHT - size])
    places = set_apart(project(embeddings[chosen]) * frame, (0.85 if line_art else 1.05) * size) + size / 2
    with canvas(_WIDTH, _HEIGHT, layout=None) as drawn:
        axes = drawn.add_axes((0, 0, 1, 1))
        axes.axis("off")
        for order, (row, (x, y)) in enumerate(zip(chosen, places, strict=True)):
            tint = _CLASS_COLOURS[int(np.searchsorted(classes, labels[row])) % len(_CLASS_COLOURS)]
            box = (x - size / 2, x + size / 2, y - size / 2, y + size / 2)
            picture = ink(images[row], paper_is_white, tint) if line_art else images[row]
            axes.imshow(picture, extent=box, aspect="auto", interpolation="bilinear", cmap="gray", zorder=order)
            if not line_art:
                axes.add_patch(Rectangle(box[::2], size, size, fill=False, edgecolor=tint, linewidth=1.5, zorder=order))
        axes.set(xlim=(0, _WIDTH), ylim=(0, _HEIGHT))
        webp = save_raster(drawn, directory, name)
    return Figure(
        name,
        label,
        f"{len(chosen)} test images of {len(classes)} classes where t-SNE puts their embeddings; "
        f"one colour a class; those that would cover each other are moved apart a little. {first_seed(sweep)}",
        f"Map of the test embeddings of {label}, drawn as the images themselves",
        webp=webp,
    )


def choose(labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to show, and the sorted classes they are of: the largest classes, ties broken by a fixed seed."""
    random = np.random.default_rng(0)
    classes, counts = np.unique(labels, return_counts=True)
    largest = np.lexsort((random.random(len(classes)), -counts))[:CLASSES]
    chosen = np.sort(classes[largest])
    rows = [random.permutation(np.flatnonzero(labels == c))[:PER_CLASS] for c in chosen]
    return np.concatenate(rows), chosen


def project(embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places ``(n, 2)`` in the unit square: PCA to at most 50 dimensions, then t-SNE, with a fixed seed."""
    n = len(embeddings)
    if n < 4:
        return np.linspace(0.25, 0.75, n)[:, None].repeat(2, axis=1)
    from sklearn.decomposition import PCA  # two seconds that a report without pictures does not pay
    from sklearn.manifold import TSNE

    reduced = PCA(min(50, *embeddings.shape), random_state=0).fit_transform(embeddings)
    places = TSNE(perplexity=min(20.0, (n - 1) / 3), init="pca", random_state=0).fit_transform(reduced)
    low, high = places.min(0), places.max(0)
    return (places - low) / np.where(high > low, high - low, 1)


def set_apart(places: NDArray[np.float64], distance: float, rounds: int = 60) -> NDArray[np.float64]:
    """Pushes points nearer than ``distance`` away from each other, round by round, inside the box they fill."""
    places, low, high = places.copy(), places.min(0), places.max(0)
    for _ in range(rounds):
        pairs = cKDTree(places).query_pairs(distance, output_type="ndarray")
        if not len(pairs):
            break
        apart = places[pairs[:, 0]] - places[pairs[:, 1]]
        length = np.linalg.norm(apart, axis=1, keepdims=True)
        push = 0.25 * (distance - length) * apart / np.maximum(length, 1e-9)
        np.add.at(places, pairs[:, 0], push)
        np.add.at(places, pairs[:, 1], -push)
        places = places.clip(low, high)
    return places
