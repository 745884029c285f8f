"""Test items taken for another class."""

import numpy as np

from embedlab.report.figures.thumbnails import class_name
from embedlab.report.runs import Run
from embedlab.search import ExactIndex

COLUMNS = ("image", "class", "neighbour", "neighbour_class", "distance")


def confusions(run: Run, most: int = 1000) -> list[tuple[int, str, int, str, float]]:
    """The test items whose nearest neighbour is of another class, the nearest such pairs first.

    Items alone in their class are left out: no neighbour of theirs could be right.

    Returns:
        At most ``most`` rows of :data:`COLUMNS`: number and class of the item among the test items, the same of its
        nearest neighbour, and their distance by which the run is evaluated.
    """
    embeddings, labels = run.evaluation["embeddings"], run.evaluation["labels"]
    own = np.arange(len(labels))
    found = ExactIndex(embeddings, run.distance).search(embeddings, 1, exclude=own)
    nearest, distances = found.rows[:, 0], found.distances[:, 0]
    _, where, counts = np.unique(labels, return_inverse=True, return_counts=True)
    wrong = np.flatnonzero((labels[nearest] != labels) & (counts[where] > 1))
    wrong = wrong[np.argsort(distances[wrong], kind="stable")][:most]
    return [
        (
            int(row), class_name(run, labels[row]), int(nearest[row]), class_name(run, labels[nearest[row]]),
            float(distances[row]),
        )
        for row in wrong
    ]  # fmt: skip
