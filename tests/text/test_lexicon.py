import pytest

from embedlab.errors import BadInput
from embedlab.text.lexicon import LONGEST, Lexicon
from embedlab.text.tagged import TaggedSentence

SENTENCES = [
    TaggedSentence(("The", "dog", "barks"), ("DET", "NOUN", "VERB")),
    TaggedSentence(("the", "cat"), ("DET", "NOUN")),
    TaggedSentence(("dog",), ("NOUN",)),
]


def test_words_characters_and_tags_by_falling_count():
    lexicon = Lexicon.of(SENTENCES)
    assert lexicon.words == ["dog", "The", "barks", "the", "cat", "<unk>"]
    assert lexicon.tags == ["NOUN", "DET", "VERB"]
    assert lexicon.tag_numbers == {"NOUN": 0, "DET": 1, "VERB": 2}
    assert [lexicon.word(form) for form in ("dog", "Dog", "cow")] == [0, 5, 5]
    spelled = [lexicon.characters[number] for number in lexicon.spelling("Tдc")]
    assert spelled == ["T", "<unk>", "c"]


def test_case_folds_words_and_not_characters():
    lexicon = Lexicon.of(SENTENCES, min_count=2, lower=True)
    assert lexicon.words == ["the", "dog", "<unk>"]
    assert lexicon.word("THE") == lexicon.word("the") == 0
    assert lexicon.spelling("h") != lexicon.spelling("H")
    assert set(lexicon.characters) == {"<unk>", *"aeht"}  # those of two different words


def test_a_long_word_is_looked_at_from_its_beginning():
    lexicon = Lexicon.of(SENTENCES)
    assert lexicon.spelling("dog" * 100) == lexicon.spelling(("dog" * 100)[:LONGEST])


def test_it_is_its_state():
    lexicon = Lexicon.of(SENTENCES, lower=True)
    again = Lexicon.from_state(lexicon.state())
    assert again.state() == lexicon.state()
    assert again.word("Barks") == lexicon.word("Barks")


def test_one_tag_is_nothing_to_learn():
    with pytest.raises(BadInput, match=r"all words of the training text have the tag '_': name another data\.column"):
        Lexicon.of([TaggedSentence(("a", "b"), ("_", "_"))])
