import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.text import Vocabulary

WORDS, COUNTS = ["b", "a", "c", "d", "e"], np.array([3, 7, 3, 1, 2])


def pairs(vocabulary):
    return list(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))


def test_words_fall_by_count_and_ties_keep_their_order():
    assert pairs(Vocabulary.select(WORDS, COUNTS)) == [("a", 7), ("b", 3), ("c", 3), ("e", 2), ("d", 1)]


def test_rare_words_and_too_many_are_dropped():
    assert Vocabulary.select(WORDS, COUNTS, min_count=3).words == ["a", "b", "c"]
    assert Vocabulary.select(WORDS, COUNTS, max_size=2).words == ["a", "b"]


def test_unknown_counts_for_the_dropped_and_stands_where_its_count_puts_it():
    kept = Vocabulary.select(WORDS, COUNTS, min_count=3, unknown=True)
    assert pairs(kept) == [("a", 7), ("b", 3), ("c", 3), ("<unk>", 3)]


def test_sentence_ends_are_counted():
    kept = Vocabulary.select(WORDS, COUNTS, min_count=3, unknown=True, sentences=5)
    assert pairs(kept) == [("a", 7), ("<eos>", 5), ("b", 3), ("c", 3), ("<unk>", 3)]


def test_a_corpus_that_has_the_special_words_itself():
    """As the Penn Treebank does; its own ``<unk>`` and the words dropped here are one."""
    kept = Vocabulary.select(["x", "<unk>", "y", "<eos>"], np.array([4, 2, 1, 1]), min_count=2, sentences=6)
    assert pairs(kept) == [("<eos>", 7), ("x", 4), ("<unk>", 3)]


def test_to_numbers_and_back():
    kept = Vocabulary.select(WORDS, COUNTS, min_count=2)
    assert kept.encode(["a", "nothing", "e", "b"]).tolist() == [0, 3, 1]
    assert kept.decode([0, 3, 1]) == ["a", "e", "b"]
    assert "e" in kept
    assert "d" not in kept
    assert len(kept) == 4
    kept = Vocabulary.select(WORDS, COUNTS, min_count=2, unknown=True)
    assert kept.decode(kept.encode(["a", "nothing", "e", "b"])) == ["a", "<unk>", "e", "b"]


def test_a_file_holds_the_vocabulary(tmp_path):
    words = ["ёж", "a\u00a0b", "𝄞", "'\"#", "new_york", "\u2028"]
    kept = Vocabulary(words, np.array([2**40, 9, 9, 3, 1, 1]))
    kept.save(tmp_path / "vocabulary.txt")
    assert pairs(Vocabulary.load(tmp_path / "vocabulary.txt")) == pairs(kept)
    assert (tmp_path / "vocabulary.txt").read_text().startswith("ёж 1099511627776\na\u00a0b 9\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a 3\nb\n", "line 2: 'b' is not 'word count'"),
        (b"a 3\nb -1\n", "line 2"),
        (b"a 3\n\nb 1\n", "line 2"),
        (b"a 3\nb 4\n", "falling counts"),
        (b"a 3\na 2\n", "twice"),
        (b"\xe9 3\n", "not UTF-8"),
    ],
)
def test_broken_files(tmp_path, text, message):
    (tmp_path / "v.txt").write_bytes(text)
    with pytest.raises(BadInput, match=message):
        Vocabulary.load(tmp_path / "v.txt")


@pytest.mark.parametrize(
    ("words", "counts", "options", "message"),
    [
        ([], [], {}, "no words in the corpus"),
        (["cat"], [9], {}, "one word only, 'cat'"),
        (["<eos>", "cat"], [9, 9], {"sentences": 1}, "one word only, 'cat'"),
        (WORDS, COUNTS, {"min_count": 8}, "no word occurs min_count=8 times.*'a', occurs 7 times.*lower min_count"),
        (WORDS, COUNTS, {"min_count": 4}, "only one word occurs min_count=4 times"),
        (WORDS, COUNTS, {"max_size": 1}, "max_size=1: .* at least two"),
    ],
)
def test_what_cannot_be_a_vocabulary(words, counts, options, message):
    with pytest.raises(BadInput, match=message) as error:
        Vocabulary.select(words, np.array(counts, np.int64), **options)
    assert "\n" not in str(error.value)
