import struct

import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.vectors import load
from embedlab.vectors.formats import word2vec

TEXT = "3 2\nкот 0.5 -1\nthe 1e-3 2\nnew_york 0 7\n"
BINARY = b"2 2\n" + b"a " + struct.pack("<2f", 0.5, -1) + b"\nb " + struct.pack("<2f", 3, 4) + b"\n"


@pytest.mark.parametrize("ending", ["txt", "bin"])
def test_gensim_reads_ours_and_we_read_theirs(ending, vectors, tmp_path):
    keyed_vectors = pytest.importorskip("gensim.models").KeyedVectors
    binary = ending == "bin"
    ours, theirs = tmp_path / f"ours.{ending}", tmp_path / f"theirs.{ending}"
    (word2vec.write_binary if binary else word2vec.write_text)(vectors, ours)
    read_back = keyed_vectors.load_word2vec_format(str(ours), binary=binary)
    read_back.save_word2vec_format(str(theirs), binary=binary)
    for words, rows in (
        (read_back.index_to_key, read_back.vectors),
        (load(theirs).index_to_key, load(theirs).vectors),
        (load(ours).index_to_key, load(ours).vectors),
    ):
        assert words == vectors.index_to_key
        np.testing.assert_array_equal(rows, vectors.vectors)


def test_values_of_text(tmp_path):
    (tmp_path / "v.txt").write_text(TEXT)
    vectors = word2vec.read_text(tmp_path / "v.txt")
    assert vectors.index_to_key == ["кот", "the", "new_york"]
    np.testing.assert_array_equal(vectors.vectors, np.array([[0.5, -1], [1e-3, 2], [0, 7]], np.float32))


@pytest.mark.parametrize("change", [(" ", "  "), (" ", "\t"), ("\n", " \n"), ("\n", "\r\n"), ("\n", "\n\n")])
def test_spaces_of_other_programs(change, tmp_path):
    (tmp_path / "v.txt").write_text("3 2\n" + TEXT[4:].replace(*change))
    np.testing.assert_array_equal(word2vec.read_text(tmp_path / "v.txt").vectors[1], np.float32([1e-3, 2]))


def test_values_of_binary(tmp_path):
    for data in (BINARY, BINARY.replace(b"\nb", b"b")[:-1]):  # gensim writes no line break after a vector
        (tmp_path / "v.bin").write_bytes(data)
        vectors = word2vec.read_binary(tmp_path / "v.bin")
        assert vectors.index_to_key == ["a", "b"]
        np.testing.assert_array_equal(vectors.vectors, [[0.5, -1], [3, 4]])


def test_a_word_written_twice_keeps_its_first_vector(tmp_path):
    (tmp_path / "v.txt").write_text("3 1\na 1\nb 2\na 3\n")
    vectors = load(tmp_path / "v.txt")
    assert (vectors.index_to_key, vectors.vectors.ravel().tolist()) == (["a", "b"], [1, 2])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        (TEXT[: TEXT.index("new")], "line 1: cut short: 3 words are announced, 2 follow"),
        (TEXT[:-4], "line 4: 0 numbers after the word where 2 are expected; is the file cut short"),
        (TEXT.replace("3 2", "2 2"), "line 1: 2 words are announced, 3 follow"),
        (TEXT.replace("3 2", "3 3"), "line 2: 2 numbers after the word where 3 are expected"),
        (TEXT.replace("3 2", "three 2"), "line 1: the number of words and of dimensions is expected"),
        (TEXT.replace("3 2", "0 2"), "line 1: the number of words and of dimensions is expected"),
        (TEXT.replace("1e-3", "nan"), "line 3: the vector of 'the' holds NaN"),
        (TEXT.replace("1e-3", "inf"), "line 3: the vector of 'the' holds NaN or infinity"),
        (TEXT.replace("1e-3", "1,3"), "line 3: '1,3' is not a number"),
        (
            TEXT.replace("new_york", "new york"),
            "line 4: more than one word before the 2 numbers",
        ),
    ],
)
def test_bad_text_names_file_and_line(text, complaint, tmp_path):
    (tmp_path / "v.vec").write_text(text)
    with pytest.raises(BadInput, match=rf"v\.vec(:|,) .*{complaint}|v\.vec, {complaint}") as raised:
        load(tmp_path / "v.vec")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (BINARY[:-6], "cut short"),
        (BINARY[:20], "cut short"),
        (BINARY.replace(b"2 2\n", b"1 2\n"), "goes on after its 1 words"),
        (BINARY.replace(b"2 2\n", b"2 1\n"), "word 2: .* is no word; the header says 1 numbers a word"),
        (BINARY.replace(b"2 2\n", b"x y\n"), "neither a fastText model nor word2vec's binary"),
        (BINARY.replace(struct.pack("<f", 3), struct.pack("<f", np.nan)), "word 2: the vector of 'b' holds NaN"),
        (BINARY.replace(b"a ", b"new york "), "word 2: .* is no word"),
        (b"", "is empty"),
    ],
)
def test_bad_binary_names_file_and_word(data, complaint, tmp_path):
    (tmp_path / "v.bin").write_bytes(data)
    with pytest.raises(BadInput, match=complaint) as raised:
        load(tmp_path / "v.bin")
    assert str(raised.value).startswith(str(tmp_path / "v.bin"))
    assert "\n" not in str(raised.value)


def test_a_word_that_text_cannot_say(vectors, tmp_path):
    vectors.index_to_key[1] = "new york"
    for write in (word2vec.write_text, word2vec.write_binary):
        with pytest.raises(BadInput, match="the word 'new york' can't be said in this format"):
            write(vectors, tmp_path / "v.txt")
    assert not list(tmp_path.iterdir())
