"""The small images an evaluation keeps, ready to be drawn."""

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from embedlab.report.runs import Run

NEEDED = ("embeddings", "labels", "thumbnail_rows", "thumbnails")


def gallery(run: Run) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.uint8]]:
    """Embeddings ``(n, D)``, labels ``(n,)`` and images ``(n, h, w[, 3])`` of the rows that have an image."""
    rows = run.evaluation["thumbnail_rows"]
    return run.evaluation["embeddings"][rows], run.evaluation["labels"][rows], run.evaluation["thumbnails"]


def is_line_art(images: NDArray[np.uint8]) -> bool:
    """Whether the images are ink on paper: grey, and nearly all of it at one end of the scale."""
    if images.ndim != 3:
        return False
    median = float(np.median(images))
    return (median < 32 or median > 223) and float(np.mean(np.abs(images - median) < 32)) > 0.6


def ink(image: NDArray[np.uint8], paper_is_white: bool, colour: str) -> NDArray[np.float64]:
    """Line art ``(h, w)`` as strokes of one colour on nothing, ``(h, w, 4)`` in 0..1."""
    strokes = image / 255.0
    alpha = 1 - strokes if paper_is_white else strokes
    return np.dstack([np.broadcast_to(mpl.colors.to_rgb(colour), (*image.shape, 3)), alpha])


def class_name(run: Run, label: int) -> str:
    """The name of a class; its number where the data has no names."""
    names = run.evaluation.get("class_names")
    return str(names[label]) if names is not None and 0 <= label < len(names) else str(label)
