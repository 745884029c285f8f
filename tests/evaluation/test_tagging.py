"""Accuracy and entities by hand."""

import functools
import operator

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from embedlab.errors import BadInput
from embedlab.evaluation.tagging import EntityF1, TagAccuracy, TaggedSet
from embedlab.text.tagged import TaggedSentence


def sentence(text):
    return TaggedSentence(*zip(*(word.split("/") for word in text.split()), strict=True))


GOLD = [sentence("the/D dog/N barks/V"), sentence("cows/N moo/V"), sentence("the/D barks/N")]
FOUND = [["D", "N", "N"], ["N", "N"], ["D", "N"]]
TRAINING = [sentence("the/D dog/N moo/V")]


def test_accuracy_and_what_is_unseen():
    result = TagAccuracy()(TaggedSet(GOLD, FOUND, TRAINING))
    values = {name: estimate.value for name, estimate in result.metrics().items()}
    assert values == {"accuracy": 5 / 7, "unseen_accuracy": 2 / 3, "unseen_fraction": 3 / 7}
    low, high = result.numbers["accuracy"].low, result.numbers["accuracy"].high
    assert (low, high) == (0.5, 1.0)  # one sentence alone, drawn three times
    assert result.numbers["unseen_fraction"].low is None
    assert TagAccuracy(resamples=0)(TaggedSet(GOLD, FOUND, TRAINING)).numbers["accuracy"].low is None


def test_each_tag_as_scikit_learn_has_it():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, 40)
    gold, found = (
        [list(rng.choice(list("ABCD"), n, p=p)) for n in lengths] for p in ([0.4, 0.3, 0.2, 0.1], [0.25] * 4)
    )
    data = TaggedSet([TaggedSentence(("w",) * len(tags), tuple(tags)) for tags in gold], found)
    result = TagAccuracy(resamples=50)(data)
    flat = [functools.reduce(operator.iadd, tags, []) for tags in (gold, found)]
    precision, recall, f1, count = precision_recall_fscore_support(*flat, labels=result.names)
    assert result.names == tuple(result.scores)
    for k, scores in enumerate(result.scores.values()):
        assert scores.precision.value == pytest.approx(precision[k])
        assert scores.recall.value == pytest.approx(recall[k])
        assert scores.f1.value == pytest.approx(f1[k])
        assert scores.f1.low < scores.f1.value < scores.f1.high
        assert scores.count == count[k]
    assert result.confusions.tolist() == confusion_matrix(*flat, labels=result.names).tolist()
    assert list(result.metrics()) == ["accuracy"]  # nothing is known of training


def test_a_tag_that_cannot_be_found_is_an_error():
    result = TagAccuracy()(TaggedSet([sentence("a/X b/N")], [["N", "N"]], TRAINING))
    assert result.numbers["accuracy"].value == 0.5
    assert result.scores["X"].recall.value == 0
    assert result.scores["X"].precision.value == 0  # never found
    assert result.scores["X"].precision.low is None


ENTITIES = [
    sentence("Ann/B-per Lee/I-per of/O Rome/B-loc"),
    sentence("in/O Rome/B-loc Bob/B-per Ray/I-per"),
    sentence("no/O one/O"),
]
ENTITIES_FOUND = [["B-per", "I-per", "O", "B-per"], ["O", "B-loc", "I-per", "I-per"], ["O", "B-loc"]]


def test_entities_are_right_in_kind_and_extent():
    result = EntityF1()(TaggedSet(ENTITIES, ENTITIES_FOUND, [sentence("Rome/B-loc Bob/B-loc Ray/I-loc")]))
    values = {name: estimate.value for name, estimate in result.metrics().items()}
    # Right: Ann Lee, Rome, and Bob Ray, which begins with I- after another kind; there are 4, and 5 are found.
    assert values == {
        "entity_precision": 3 / 5, "entity_recall": 3 / 4, "entity_f1": 2 / 3,
        "unseen_entity_recall": 1.0, "unseen_entity_fraction": 2 / 4,  # Bob Ray is no loc
    }  # fmt: skip
    per, loc = result.scores["per"], result.scores["loc"]
    assert (per.precision.value, per.recall.value, per.count) == (2 / 3, 1.0, 2)
    assert (loc.precision.value, loc.recall.value, loc.f1.value, loc.count) == (0.5, 0.5, 0.5, 2)
    assert result.names == ("per", "loc", "O")
    assert result.confusions.tolist() == [[4, 0, 0], [1, 1, 0], [0, 1, 3]]  # words


@pytest.mark.parametrize(
    ("gold", "found", "numbers"),
    [
        ("a/B-x b/O", "O O", (0, 0, 0)),
        ("a/B-x b/I-x", "B-x B-x", (0, 0, 0)),
        ("a/B-x b/I-x", "I-x I-x", (1, 1, 1)),
        ("a/B-x b/B-x", "B-x I-x", (0, 0, 0)),
        ("a/B-x b/I-x c/I-x", "B-x I-x O", (0, 0, 0)),
        ("a/B-x b/O c/B-y", "B-x O B-x", (0.5, 0.5, 0.5)),
    ],
)
def test_hand_made(gold, found, numbers):
    result = EntityF1()(TaggedSet([sentence(gold)], [found.split()]))
    assert tuple(e.value for e in result.metrics().values()) == numbers


def test_arrays_of_the_report():
    arrays = TagAccuracy()(TaggedSet(GOLD, FOUND, TRAINING)).arrays()
    assert arrays["tag_names"].tolist() == ["N", "D", "V"]
    assert arrays["tag_counts"].tolist() == [3, 2, 2]
    assert arrays["tag_scores"][:, :, 0].tolist() == [[3 / 5, 1, 0.75], [1, 1, 1], [0, 0, 0]]
    assert np.isnan(arrays["tag_scores"][2, 0, 1])
    assert arrays["confusions"].tolist() == [[3, 0, 0], [0, 2, 0], [2, 0, 0]]
    assert arrays["tag_unit"] == "words"


def test_what_cannot_be_evaluated():
    with pytest.raises(BadInput, match=r"evaluation=entities: for tags as B-person, I-person and O, not D"):
        EntityF1()(TaggedSet(GOLD, FOUND))
    for predicted in ([], [["D"], *FOUND[1:]]):
        with pytest.raises(ValueError, match="a predicted tag for each word"):
            TaggedSet(GOLD, predicted)
