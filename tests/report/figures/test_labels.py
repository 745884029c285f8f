import numpy as np
import pytest

from embedlab.report.figures.figure import canvas
from embedlab.report.figures.labels import write_labels

FOUR = ("above", "below", "right", "left")


@pytest.mark.parametrize("drop", [True, False])
def test_words_take_the_free_sides_in_turn(drop):
    """Six words at one place: four sides, and then none."""
    places = np.full((6, 2), 0.5)
    with canvas(4, 3) as drawn:
        axes = drawn.subplots()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        write_labels(axes, list("abcdef"), places, ["black"] * 6, [FOUR] * 6, 9, drop)
        shown = {text.get_text(): text.get_window_extent() for text in axes.texts}
        dot = axes.transData.transform((0.5, 0.5))
    assert "".join(shown) == ("abcd" if drop else "abcdef")
    assert shown["a"].y0 > dot[1] > shown["b"].y1
    assert shown["c"].x0 > dot[0] > shown["d"].x1


def test_a_word_avoids_other_dots():
    with canvas(4, 3) as drawn:
        axes = drawn.subplots()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        write_labels(axes, ["a", "b"], np.array([[0.5, 0.5], [0.5, 0.53]]), ["black"] * 2, [FOUR] * 2, 9, True)
        boxes = [text.get_window_extent() for text in axes.texts]
        dots = axes.transData.transform([[0.5, 0.5], [0.5, 0.53]])
    assert boxes[0].y1 < dots[0, 1]  # below, as above lies the other dot
    assert boxes[1].y0 > dots[1, 1]
