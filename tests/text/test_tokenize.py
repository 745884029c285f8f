import unicodedata

import numpy as np
import pytest

from embedlab.kernels.splitting import JOINER, OTHER, WORD
from embedlab.kernels.vocabulary import PADDING
from embedlab.text import Characters, Whitespace, Words
from embedlab.text.tokenize import _classes


def test_white_space_leaves_tokens_alone():
    assert Whitespace()("The cat-sat ,\ton\r\n<unk> Ёж\u00a0x") == ["The", "cat-sat", ",", "on", "<unk>", "Ёж\u00a0x"]
    assert Whitespace(lower=True)("The CAT") == ["the", "cat"]
    assert Whitespace()("") == []


@pytest.mark.parametrize(
    ("text", "plain", "joined"),
    [
        ("Don't rock-and-roll!", "don t rock and roll", "don't rock-and-roll"),
        ("‘quoted’ ’tis l’été", "quoted tis l été", "quoted tis l’été"),
        ("Жёлтый, ЁЖ; кое-кто…", "жёлтый ёж кое кто", "жёлтый ёж кое-кто"),
        ("2,000 m² in 1999", "2 000 m² in 1999", "2 000 m² in 1999"),
        ("हिन्दी e\u0301te\u0301 x_y", "हिन्दी \u00e9t\u00e9 x y", "हिन्दी \u00e9t\u00e9 x y"),
        ("ΟΔΟΣ ẞ İ", "οδος ß i\u0307", "οδος ß i\u0307"),
    ],
)
def test_words(text, plain, joined):
    assert Words()(text) == plain.split(" ")
    assert Words(joiners="'’-")(text) == joined.split(" ")


def test_case_is_kept_by_choice_and_yo_folded():
    assert Words(lower=False)("Ещё Ёж") == ["Ещё", "Ёж"]
    assert Words(lower=False, fold_yo=True)("Ещё Ёж") == ["Еще", "Еж"]
    assert Words(fold_yo=True)("Ещё Ёж е\u0308ж") == ["еще", "еж", "еж"]


def test_a_normal_form_of_ones_own_comes_last_and_may_drop_words():
    tokenizer = Whitespace(lower=True, normal_form=lambda word: "" if word == "the" else word + "!")
    assert tokenizer("The Cat THE mat") == ["cat!", "mat!"]


def test_newlines_stay():
    text = np.frombuffer(bytearray(b"one, two\n\nthree\n" + b" " * PADDING), np.uint8)
    assert Words().split(text).tobytes().rstrip(b" ") == b"one two\n\nthree\n"


def test_characters_are_read_and_written():
    text = "To be,\n\tor\r\nне ✓\v\\s \x1f🎈"
    tokens = Characters()(text)
    assert tokens == [
        *"To", r"\s", *"be,", r"\n", r"\t", *"or", r"\r", r"\n", *"не", r"\s", "✓", r"\x0b", "\\", "s", r"\s",
        r"\x1f", "🎈",
    ]  # fmt: skip
    assert "".join(map(Characters().written, tokens)) == text
    assert Characters(lower=True)("Да ") == ["д", "а", r"\s"]
    assert Characters()("") == []


def test_words_are_written_with_a_space_after_each():
    assert "".join(map(Whitespace().written, ["a", "dog", "<eos>", "b"])) == "a dog \nb "


def test_all_that_tokens_depend_on_is_in_the_name():
    names = {repr(t) for t in (Words(), Whitespace(), Words(lower=False), Words(joiners="-"), Words(fold_yo=True))}
    assert len(names) == 5
    assert repr(Words(joiners="'")) == repr(Words(joiners="'"))


def test_word_characters_are_those_of_unicode():
    classes = _classes("'-")
    for code in range(0x110000):
        character = chr(code)
        kind = JOINER if character in "'-" else WORD if unicodedata.category(character)[0] in "LMN" else OTHER
        assert classes[code] == kind
