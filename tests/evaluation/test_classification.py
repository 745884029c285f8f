"""Numbers of classifiers against a count by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from embedlab.evaluation.classification import ClassAccuracy, ClassifiedSet, calibration_bins, calibration_error
from embedlab.text.labelled import LabelledText


def test_by_hand():
    gold = [LabelledText(f"t{n}", label) for n, label in enumerate("aabb")]
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    found = ClassAccuracy(bins=2)(ClassifiedSet(gold, ["a", "b"], probabilities))
    numbers = found.metrics()
    assert numbers["accuracy"].value == 0.75
    assert numbers["accuracy"].low == pytest.approx(max(0.75 - 3.182446 * 0.25, 0), abs=1e-5)
    assert numbers["macro_f1"].value == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert numbers["calibration_error"].value == pytest.approx(abs(0.75 - (0.9 + 0.6 + 0.8 + 0.7) / 4))
    assert found.scores["a"].recall.value == 0.5
    arrays = found.arrays()
    assert arrays["tag_unit"] == "texts"
    assert arrays["confusion_names"].tolist() == ["b", "a"]
    assert arrays["confusions"].tolist() == [[2, 0], [1, 1]]
    assert arrays["texts"].tolist() == ["t0", "t1", "t2", "t3"]
    assert arrays["text_predictions"].tolist() == ["a", "b", "b", "b"]
    assert arrays["text_confidences"].tolist() == [0.9, 0.6, 0.8, 0.7]
    assert arrays["calibration_counts"].tolist() == [0, 4]
    assert arrays["calibration_share"].tolist() == [0, 0.75]


def test_mean_f1_is_scikit_learns():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(4), 200)
    labels = random.integers(4, size=200)
    gold = [LabelledText("x", str(label)) for label in labels]
    found = ClassAccuracy(resamples=0)(ClassifiedSet(gold, list("0123"), probabilities)).metrics()
    assert found["macro_f1"].value == pytest.approx(f1_score(labels, probabilities.argmax(1), average="macro"))
    assert found["accuracy"].value == np.mean(labels == probabilities.argmax(1))


def test_bins_of_confidence():
    confidences, right = np.array([0.1, 0.5, 0.55, 1.0]), np.array([True, False, True, True])
    counts, confidence, share = calibration_bins(confidences, right, 2)
    assert counts.tolist() == [2, 2]
    assert confidence.tolist() == pytest.approx([0.3, 0.775])
    assert share.tolist() == [0.5, 1.0]
    assert calibration_error(confidences, right, 2) == pytest.approx(0.5 * 0.2 + 0.5 * 0.225)
    assert calibration_bins(confidences, right, 20)[0].sum() == 4


def test_sizes_must_fit():
    with pytest.raises(ValueError, match="a probability of each class"):
        ClassifiedSet([LabelledText("x", "a")], ["a", "b"], np.ones((1, 3)))
