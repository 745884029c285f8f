import pytest

from embedlab.evaluation.word_senses import WordSenses

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
