import pytest

from embedlab.apps.tagging import aligned, tag_texts
from embedlab.errors import BadInput


def test_tags_stand_under_their_words():
    assert aligned(["The", "dog", "."], ["DET", "NOUN", "PUNCT"], 80) == "The  dog   .\nDET  NOUN  PUNCT"


def test_characters_may_be_two_wide():
    assert aligned(["日本", "is", "🤘"], ["X", "AUX", "SYM"], 80) == "日本  is   🤘\nX     AUX  SYM"


def test_a_long_sentence_takes_several_pairs_of_lines():
    assert aligned(["a", "b", "c", "dd"], ["A", "B", "C", "D"], 5) == "a  b\nA  B\n\nc  dd\nC  D"
    assert aligned(["word", "a"], ["X", "Y"], 2) == "word\nX\n\na\nY"  # wider than there is room for


def test_texts_without_words_are_passed_over():
    def tag(sentences):
        return ([word.upper() for word in words] for words in sentences)

    found = list(tag_texts(tag, str.split, ["a b", " ", "c"]))
    assert found == [(["a", "b"], ["A", "B"]), (["c"], ["C"])]
    with pytest.raises(BadInput, match="there is no text to tag"):
        list(tag_texts(tag, str.split, ["", " \n"]))
