"""Entities of tag sequences, well-formed and not: as conlleval finds them."""

import random

import pytest

from embedlab.text.tagged import Entity, entities, mark_entities, may_follow


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O", []),
        ("B-x I-x O B-y", [("x", 0, 1), ("y", 3, 3)]),
        ("B-x B-x", [("x", 0, 0), ("x", 1, 1)]),
        ("O I-x I-x", [("x", 1, 2)]),  # no B-
        ("I-x", [("x", 0, 0)]),
        ("B-x I-y", [("x", 0, 0), ("y", 1, 1)]),  # another kind goes on
        ("B-x I-y I-x", [("x", 0, 0), ("y", 1, 1), ("x", 2, 2)]),
        ("I-x B-x I-x", [("x", 0, 0), ("x", 1, 2)]),  # IOB1: B- only parts neighbours
        ("B-creative-work I-creative-work", [("creative-work", 0, 1)]),
        ("S-x B-x I-x E-x O E-y", [("x", 0, 0), ("x", 1, 3), ("y", 5, 5)]),
        ("E-x I-x E-x S-x I-x", [("x", 0, 0), ("x", 1, 2), ("x", 3, 3), ("x", 4, 4)]),
        ("B-x E-y", [("x", 0, 0), ("y", 1, 1)]),
        ("", []),
    ],
)
def test_entities(tags, found):
    assert entities(tags.split()) == [Entity(*one) for one in found]


def chunks(tags):
    """The two questions that conlleval asks at each word: does a chunk end before it, and does one start at it?"""
    found, start = [], None
    before, kind_before = "O", ""
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        ends = before in "ES" or (before in "BI" and prefix in "BSO") or (before != "O" and kind_before != kind)
        starts = prefix in "BS" or (prefix in "EI" and before in "ESO") or (prefix != "O" and kind_before != kind)
        if ends and start is not None:
            found.append((kind_before, start, place - 1))
            start = None
        if starts:
            start = place
        before, kind_before = prefix, kind
    return found


def test_any_sequence_has_the_chunks_of_conlleval():
    rng = random.Random(0)
    tags = ["O", *(f"{prefix}-{kind}" for prefix in "BIES" for kind in "xy")]
    for _ in range(3000):
        sequence = rng.choices(tags, k=rng.randint(1, 7))
        assert entities(sequence) == [Entity(*one) for one in chunks(sequence)], sequence


def test_which_tags_mark_entities():
    assert mark_entities(["O", "B-x", "I-x"])
    assert mark_entities(["S-x"])
    assert not mark_entities(["O"])
    assert not mark_entities(["NOUN", "VERB"])
    assert not mark_entities(["O", "B-x", "NOUN"])
    assert not mark_entities(["B-"])


@pytest.mark.parametrize(
    ("tag", "before", "may"),
    [
        ("I-x", "B-x", True), ("I-x", "I-x", True), ("I-x", "B-y", False), ("I-x", "O", False), ("I-x", None, False),
        ("B-x", "I-y", True), ("B-x", None, True), ("O", "B-x", True), ("O", None, True),
    ],
)  # fmt: skip
def test_what_may_follow(tag, before, may):
    assert may_follow(tag, before) == may
