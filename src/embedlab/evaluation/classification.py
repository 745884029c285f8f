"""How many texts are given the right class, and how far the probabilities can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.evaluation.intervals import mean_interval
from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.tagging import TagAccuracy, TaggedSet, TaggingResult
from embedlab.text.labelled import LabelledText
from embedlab.text.tagged import TaggedSentence


@dataclass(frozen=True)
class ClassifiedSet:
    """Texts with the class that people gave them, and what a classifier thinks of each class.

    Attributes:
        gold: N texts.
        classes: the names of all C classes.
        probabilities: ``(N, C)``.

    Raises:
        ValueError: no text, or other sizes.
    """

    gold: Sequence[LabelledText]
    classes: Sequence[str]
    probabilities: NDArray[np.floating[Any]]

    def __post_init__(self) -> None:
        if not self.gold or self.probabilities.shape != (len(self.gold), len(self.classes)):
            raise ValueError("there must be a text, and for each a probability of each class")


@dataclass(frozen=True)
class ClassificationResult(TaggingResult):
    """What is found of texts, as of words that are tagged; and what was thought of each.

    Attributes:
        data: the texts.
        bins: of the error of calibration.
    """

    data: ClassifiedSet | None = None
    bins: int = 15

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As of taggers; ``texts``, ``text_labels``, ``text_predictions`` and ``text_confidences`` ``(N,)``; of bins
        ``calibration_counts``, ``calibration_confidence`` and ``calibration_share`` ``(bins,)``.
        """
        assert self.data is not None
        predicted, confidences = self.data.probabilities.argmax(1), self.data.probabilities.max(1).astype(np.float64)
        names, labels = np.array(self.data.classes)[predicted], np.array([one.label for one in self.data.gold])
        counts, confidence, share = calibration_bins(confidences, names == labels, self.bins)
        return super().arrays() | {
            "texts": np.array([one.text for one in self.data.gold]),
            "text_labels": labels, "text_predictions": names, "text_confidences": confidences,
            "calibration_counts": counts, "calibration_confidence": confidence, "calibration_share": share,
        }  # fmt: skip


@dataclass(frozen=True)
class ClassAccuracy:
    """Accuracy, the mean F1 of classes, and the error of calibration.

    The expected error of calibration parts texts by the probability p of the class they were given into ``bins`` of
    equal width, and is ``Σ_b n_b / N · |share of right ones in b − mean p in b|`` (Guo et al. 2017).

    Args:
        bins: of the error of calibration.
        resamples: of the bootstrap over texts behind the intervals of precision, recall and F1; 0: no intervals.
        seed: of the bootstrap.
    """

    bins: int = 15
    resamples: int = 1000
    seed: int = 0

    def __call__(self, data: ClassifiedSet) -> ClassificationResult:
        """``accuracy`` with its 95 % t interval over texts, ``macro_f1``, ``calibration_error``."""
        predicted = [data.classes[best] for best in data.probabilities.argmax(1).tolist()]
        # To be given a class is to be a sentence of one word that is given a tag.
        sentences = [TaggedSentence((one.text,), (one.label,)) for one in data.gold]
        found = TagAccuracy(self.resamples, self.seed)(TaggedSet(sentences, [(label,) for label in predicted]))
        right = np.array([one.label == label for one, label in zip(data.gold, predicted, strict=True)])
        numbers = {
            "accuracy": mean_interval(right),
            "macro_f1": Estimate(float(np.mean([scores.f1.value for scores in found.scores.values()]))),
            "calibration_error": Estimate(calibration_error(data.probabilities.max(1), right, self.bins)),
        }
        return ClassificationResult(numbers, found.scores, found.names, found.confusions, "texts", data, self.bins)


def calibration_bins(
    confidences: NDArray[np.floating[Any]], right: NDArray[np.bool_], bins: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """How many texts are in each of so many bins of confidence, their mean confidence, and the share of right ones.

    Bin b of B holds confidences above b / B, up to (b + 1) / B. Of empty bins both means are 0.
    """
    of = np.clip(np.ceil(confidences * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(of, minlength=bins)
    confidence, share = (np.bincount(of, x, bins) / np.maximum(counts, 1) for x in (confidences, right))
    return counts, confidence, share


def calibration_error(confidences: NDArray[np.floating[Any]], right: NDArray[np.bool_], bins: int) -> float:
    """See :class:`ClassAccuracy`."""
    counts, confidence, share = calibration_bins(confidences, right, bins)
    return float(counts @ np.abs(share - confidence) / counts.sum())
