import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.evaluation.word_senses import SenseContext, SenseContexts, WordSenseInduction, WordSenses
from embedlab.text import Words
from embedlab.vectors import SenseVectors, WordVectors

WORDS = ["bank"] * 4 + ["pot"] * 4 + ["one"] * 2
GOLD = ["river", "river", "money", "money", "a", "a", "b", "b", "s", "s"]


def test_perfect_up_to_names():
    result = WordSenses()(WORDS, GOLD, [1, 1, 0, 0, "y", "y", "x", "x", 0, 0])
    metrics = result.metrics()
    assert result.ari == {"bank": 1, "pot": 1, "one": 1}
    assert metrics["ari"].value == metrics["v_measure"].value == metrics["ari_weighted"].value == 1
    assert metrics["senses"].value == pytest.approx(5 / 3)


def test_by_hand():
    """bank: all in one sense (ARI 0, V 0); pot: every pair of a sense split (ARI −1/2, V 0)."""
    result = WordSenses()(WORDS, GOLD, [0, 0, 0, 0, 0, 1, 0, 1, 0, 1])
    assert result.ari["bank"] == pytest.approx(0)
    assert result.ari["pot"] == pytest.approx(-0.5)  # no pair together in both; 2/3 expected, 2 at most
    assert result.v_measure["pot"] == pytest.approx(0, abs=1e-12)
    metrics = result.metrics()
    assert metrics["ari"].value == pytest.approx(-0.25)  # the word of one gold sense is left out
    assert metrics["ari"].low == -1
    assert metrics["ari_weighted"].value == pytest.approx(-0.25)


def test_weighted_by_contexts():
    words, gold = ["a"] * 6 + ["b"] * 2, ["x", "x", "x", "y", "y", "y", "x", "y"]
    result = WordSenses()(words, gold, ["x", "x", "x", "y", "y", "y", "x", "x"])
    assert result.metrics()["ari"].value == pytest.approx(0.5)
    assert result.metrics()["ari_weighted"].value == pytest.approx(6 / 8)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="as many words, gold and predicted senses: 10, 10, 9"):
        WordSenses()(WORDS, GOLD, GOLD[1:])


class Counting(SenseVectors):
    """Two senses of ``bank``: the likelier is that of which more words are near."""

    def __init__(self):
        words = ["bank", "river", "money", "a"]
        super().__init__(words, np.ones((4, 2, 1)), np.ones((4, 1)), np.ones((4, 2)), np.arange(4, 0, -1), 0.1)
        self.asked = []

    def disambiguate(self, word, context):
        self.asked.append((word, context))
        return np.array([context.count("river") + 0.5, context.count("money")])


CONTEXTS = [
    SenseContext("bank.n", "A river a", "unheard, a money a", "shore"),
    SenseContext("bank.n", "a", "of the River", "shore"),
    SenseContext("bank.n", "money money river", "", "house"),
    SenseContext("bank.n", "", "a; money", "house"),
    SenseContext("unheard", "a river", "a", "one"),
    SenseContext("unheard", "a money", "a", "two"),
]


def test_the_likeliest_sense_of_each_context():
    vectors = Counting()
    result = WordSenseInduction(window=2)(vectors, SenseContexts(CONTEXTS, Words()))
    assert vectors.asked == [
        ("bank", ["river", "a", "a", "money"]), ("bank", ["a", "river"]), ("bank", ["money", "river"]),
        ("bank", ["a", "money"]),
    ]  # fmt: skip
    assert result.senses == {"bank.n": 2, "unheard": 1}
    assert result.ari == {"bank.n": pytest.approx(0), "unheard": 0}  # found: 0, 0, 0, 1
    assert result.metrics()["coverage"].value == pytest.approx(4 / 6)
    vectors = Counting()
    assert WordSenseInduction(None)(vectors, SenseContexts(CONTEXTS, Words())).ari["bank.n"] == 1
    assert vectors.asked[0][1] == ["a", "river", "a", "a", "money", "a"]


def test_senses_need_vectors_with_senses():
    with pytest.raises(BadInput, match="these vectors are one a word"):
        WordSenseInduction()(WordVectors(["bank"], np.ones((1, 2))), SenseContexts(CONTEXTS, Words()))
    with pytest.raises(ValueError, match=r"evaluation\.senses\.window=0"):
        WordSenseInduction(0)
