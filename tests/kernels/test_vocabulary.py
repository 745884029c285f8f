import numpy as np
import pytest

from embedlab.kernels.vocabulary import PADDING, WORD_BYTES, WordTable, count_words


def block(text: bytes):
    return np.frombuffer(bytearray(text + b" " * PADDING), np.uint8)


def numbers_and_words(text: bytes, **options):
    table = WordTable()
    return table.add(block(text), **options).tolist(), table.words(), table.counts().tolist()


def test_words_are_numbered_as_they_appear():
    ids, words, counts = numbers_and_words(b"the cat \t the\n\nmat \r\nthe")
    assert ids == [0, 1, 0, -1, -1, 2, -1, 0]
    assert words == ["the", "cat", "mat"]
    assert counts == [3, 1, 1]


def test_running_text_has_no_line_ends():
    assert numbers_and_words(b"a b\na\nb", lines=False)[0] == [0, 1, 0, 1]


def test_nothing():
    assert numbers_and_words(b"") == ([], [], [])
    assert numbers_and_words(b" \t ") == ([], [], [])


@pytest.mark.parametrize("white", range(33))
def test_every_byte_of_white_space_separates(white):
    if white != 10:
        assert numbers_and_words(b"a" + bytes([white]) + b"b")[1] == ["a", "b"]


def test_bytes_above_white_space_are_words():
    words = [bytes([byte]).decode("latin1") for byte in range(33, 127)] + ["ж", "語", "𝄞", "\x7f", "\u00a0"]
    assert numbers_and_words(" ".join(words).encode())[1] == words


def test_words_around_the_cell_size_are_told_apart():
    """Every length up to 40 bytes, words that begin alike, and words that differ only in their last byte."""
    words = [b"x" * n for n in range(1, 41)] + [b"x" * n + b"y" for n in range(40)]
    ids, found, counts = numbers_and_words(b" ".join(words * 2))
    assert [word.encode() for word in found] == words
    assert ids == [*range(len(words))] * 2
    assert counts == [2] * len(words)


def test_random_text_against_plain_python():
    """Blocks of random words, tables that must grow; the ids spell the text again."""
    random = np.random.default_rng(0)
    alphabet = "abcdefgжщ語𝄞-'"
    words = ["".join(random.choice(list(alphabet), size)) for size in random.integers(1, 20, 20000)]
    table = WordTable(slots=2)
    texts, spelled = [], []
    for part in np.array_split(random.integers(0, len(words), 60000), 7):
        text = " ".join(words[k] for k in part)
        texts.append(text.encode())
        ids = table.add(block(texts[-1]))
        spelled.append((text, ids))
    found = table.words()
    assert all(" ".join(found[k] for k in ids) == text for text, ids in spelled)
    counts = dict(zip([word.encode() for word in found], table.counts().tolist(), strict=True))
    assert counts == count_words(texts)


def test_equal_tags_do_not_merge_words():
    """Of 300 thousand words about ten pairs share the 32 bits of hash that the table holds."""
    words = [f"{k * 7919:x}" for k in range(300_000)]
    table = WordTable()
    ids = table.add(block(" ".join(words).encode()))
    assert np.array_equal(ids, np.arange(len(words)))
    assert table.words() == words
    assert (table.counts() == 1).all()


def test_new_words_are_those_since_a_place():
    table = WordTable()
    table.add(block(b"one two"))
    cells = table.cells
    table.add(block(b"two three"))
    assert table.words(cells) == ["three"]


def test_not_utf8_is_seen():
    table = WordTable()
    table.add(block("café".encode("latin1")))
    with pytest.raises(UnicodeDecodeError):
        table.words()


def test_a_word_without_end_is_refused():
    longest = b"a" * (WORD_BYTES - 8)
    assert numbers_and_words(longest)[2] == [1]
    with pytest.raises(ValueError, match="a word of more than 65536 bytes"):
        numbers_and_words(b"a" * WORD_BYTES)
