import re
import unicodedata

import numpy as np
import pytest

from embedlab.kernels.splitting import JOINER, OTHER, WORD, blank_out_others
from embedlab.kernels.vocabulary import PADDING

CLASSES = np.array(
    [JOINER if chr(code) in "'-" else WORD if chr(code).isalnum() else OTHER for code in range(0x110000)], np.uint8
)


def split(text: bytes) -> bytes:
    out = blank_out_others(np.frombuffer(bytearray(text + b" " * PADDING), np.uint8), CLASSES)
    assert (out[-PADDING:] == 32).all()
    return out[:-PADDING].tobytes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("a", "a "),
        ("a,b.", "a b "),
        ("don't", "don't "),
        ("'tis dogs' --x-y-", "tis dogs x-y "),
        ("a--b", "a b "),
        ("a'-b", "a b "),
        ("one.\n\ntwo-\nthree", "one \n\ntwo\nthree "),
        ("«Ёж» 語𝄞x\u00a0y", "Ёж 語 x y "),
    ],
)
def test_words_and_line_ends(text, words):
    assert split(text.encode()).decode() == words


def test_random_text_against_a_regular_expression():
    random = np.random.default_rng(0)
    characters = list("abcXYZ019'-'-.,;  \n«»жЁщ語ね𝄞𝔸é̈¼")
    pattern = re.compile(r"\n|W+(?:['-]W+)*".replace("W", r"(?:(?!_)\w|[¼])"))
    for size in range(200):
        text = unicodedata.normalize("NFC", "".join(random.choice(characters, size)))
        expected = "".join(token if token == "\n" else token + " " for token in pattern.findall(text))
        assert split(text.encode()).decode().replace(" \n", "\n") == expected.replace(" \n", "\n")


@pytest.mark.parametrize(
    "bad", [b"caf\xe9 x", b"\xff", b"\x80", b"\xc3", b"\xe8\xaa", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf5\x80\x80\x80"]
)
def test_not_utf8(bad):
    with pytest.raises(UnicodeDecodeError):
        split(b"good words " + bad)


def test_lines_of_bare_words_take_no_more_room_than_they_have():
    """A line's end stands for the space after its last word: with both, many short lines outgrew the buffer."""
    text = b"ab\n" * 10_000
    assert bytes(split(text)) == text
