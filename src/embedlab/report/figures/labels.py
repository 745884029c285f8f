"""Words written beside points so that they cover neither each other nor the points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from numpy.typing import NDArray

_GAP = 4  # points, between a dot and its word
_DOT = 2.5  # points, half of a dot
# Where a word may stand: offset from its dot, horizontal and vertical alignment.
SIDES: dict[str, tuple[tuple[int, int], str, str]] = {
    "above": ((0, _GAP), "center", "bottom"),
    "below": ((0, -_GAP), "center", "top"),
    "right": ((_GAP, 0), "left", "center"),
    "left": ((-_GAP, 0), "right", "center"),
    "upper right": ((3, 2), "left", "bottom"),
    "lower right": ((3, -2), "left", "top"),
    "upper left": ((-3, 2), "right", "bottom"),
    "lower left": ((-3, -2), "right", "top"),
}
# What share of a word lies left of or below the point where it is held.
_BEFORE = {"left": 0.0, "center": 0.5, "right": 1.0, "bottom": 0.0, "top": 1.0}


def write_labels(
    axes: Axes,
    words: Sequence[str],
    places: NDArray[Any],
    colours: Sequence[str],
    sides: Sequence[Sequence[str]],
    size: float,
    drop: bool,
) -> None:
    """Writes each word on the first side of its place that is still free, the earlier words first.

    Args:
        axes: with its limits settled and its points drawn.
        words, colours: N of them.
        places: ``(N, 2)`` in the axes' own units.
        sides: of each word, names of :data:`SIDES`, the best first.
        size: of the letters, in points.
        drop: leave out a word for which no side is free, instead of writing it on its best side all the same.
    """
    axes.figure.draw_without_rendering()  # type: ignore[union-attr] # where things are is known only once laid out
    axes.figure.set_layout_engine("none")  # type: ignore[union-attr] # and words must not move them
    dots = axes.transData.transform(places)
    point = axes.figure.dpi / 72  # pixels
    half = _DOT * point
    taken = np.hstack([dots - half, dots + half])
    for word, place, dot, tint, choices in zip(words, places, dots, colours, sides, strict=True):
        text = _write(axes, word, place, tint, choices[0], size)
        extent = text.get_window_extent()
        boxes = [_box(dot, side, extent.width, extent.height, point) for side in choices]
        kept = next((number for number, box in enumerate(boxes) if not _covers(box, taken)), None if drop else 0)
        if kept != 0:
            text.remove()
        if kept:
            _write(axes, word, place, tint, choices[kept], size)
        if kept is not None:
            taken = np.vstack([taken, boxes[kept]])


def _write(axes: Axes, word: str, place: NDArray[Any], tint: str, side: str, size: float) -> Annotation:
    offset, horizontal, vertical = SIDES[side]
    return axes.annotate(
        word, tuple(place), offset, textcoords="offset points", ha=horizontal, va=vertical, fontsize=size, color=tint,
        annotation_clip=False,
    )  # fmt: skip


def _box(dot: NDArray[Any], side: str, width: float, height: float, point: float) -> NDArray[np.float64]:
    """``x0, y0, x1, y1`` in pixels of a word on that side of its dot."""
    offset, horizontal, vertical = SIDES[side]
    low = dot + point * np.array(offset) - (width * _BEFORE[horizontal], height * _BEFORE[vertical])
    return np.array([*low, low[0] + width, low[1] + height])


def _covers(box: NDArray[Any], taken: NDArray[Any]) -> bool:
    """Whether a box ``x0, y0, x1, y1`` meets one of ``(n, 4)``."""
    return bool(((box[:2] < taken[:, 2:]) & (box[2:] > taken[:, :2])).all(1).any())
