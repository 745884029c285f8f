import numpy as np
import pytest

from embedlab.evaluation.contextual_similarity import ContextPairs, ContextualSimilarity
from embedlab.evaluation.word_senses import SenseContext
from embedlab.vectors import SenseVectors


class Told(SenseVectors):
    """``bank`` and ``note`` have two senses, as likely as the context says; ``shore`` and ``tune`` have one."""

    def __init__(self):
        senses = np.array([[[2, 0], [0, 3]], [[0, 1], [1, 0]], [[1, 0], [0, 0]], [[5, 12], [0, 0]]])
        sense_counts = np.array([[5, 5], [5, 5], [9, 0], [9, 0]])
        words = ["bank", "note", "shore", "tune", "first", "second"]
        super().__init__(
            words, np.concatenate([senses, senses[:2]]), np.ones((6, 2)), np.concatenate([sense_counts] * 2)[:6],
            np.full(6, 10), 0.1,
        )  # fmt: skip

    def disambiguate(self, word, context):
        return np.array([0.75, 0.25]) if "first" in context else np.array([0.25, 0.75])


def test_by_hand():
    """The senses' cosines are 0, 1 (bank, note: crossed), 1 or 0 (bank, shore) and 5 / 13 or 12 / 13 (bank, tune)."""
    pairs = [
        ("bank", "first", "note", "second"),
        ("bank", "first", "note", "first"),
        ("bank", "first", "shore", "first"),
        ("bank", "second", "tune", "first"),
        ("bank", "first", "unheard", "first"),
    ]
    first = [SenseContext(one, context, "", "") for one, context, _, _ in pairs]
    second = [SenseContext(other, "", context, "") for _, _, other, context in pairs]
    average = [0.75 * 0.75 + 0.25 * 0.25, 0.75 * 0.25 * 2, 0.75 * 0.75, (0.25 * 0.75 * 5 + 0.75 * 0.75 * 12) / 13]
    likeliest = [1, 0, 1, 12 / 13]
    for scores, name in ((average, "avgsimc"), (likeliest, "maxsimc")):
        judged = ContextPairs(first, second, np.array([*scores, 5]), str.split)
        metrics = ContextualSimilarity(resamples=0)(Told(), judged).metrics()
        assert metrics[name].value == pytest.approx(1)
        assert metrics["coverage"].value == pytest.approx(0.8)
