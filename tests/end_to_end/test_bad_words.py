"""Whatever is wrong with a text, with vectors or with a word: one line, exit status 2, no traceback."""

import numpy as np
import pytest

from embedlab.vectors import SubwordVectors, WordVectors, save

WORDS = ["man", "woman", "king", "queen"]
ROWS = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], np.float32)
VEC = "4 3\nman 1 0 0\nwoman 1 1 0\nking 1 0 1\nqueen 1 1 1\n"


def complaint(process) -> str:
    """The one line, after checking that it is one and the status is 2."""
    assert process.returncode == 2, process.stdout + process.stderr
    assert "Traceback" not in process.stderr + process.stdout
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("embedlab: ")]
    return line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "corpus.txt: an empty file"),
        (b" \n \n", "no words in the corpus"),
        (b"word word word word word", "one word only, 'word'"),
        (b"a b a b c", "no word occurs min_count=5 times"),
        (b"\x7fELF\2\1\1\0\0\0\0\0", "corpus.txt: a binary file"),
        (None, "corpus.txt: no such text file"),
    ],
)
def test_a_text_that_cannot_be_trained_on(command, tmp_path, monkeypatch, text, said):
    monkeypatch.setenv("EMBEDLAB_CACHE", str(tmp_path / "cache"))
    if text is not None:
        (tmp_path / "corpus.txt").write_bytes(text)
    assert said in complaint(command("train", "experiment=word2vec", "data.path=corpus.txt"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (VEC[:-3], "v.vec, line 5: 2 numbers after the word where 3 are expected; is the file cut short?"),
        (VEC.rpartition("queen")[0], "v.vec, line 1: cut short: 4 words are announced, 3 follow"),
        (VEC.replace("4 3", "four 3"), "v.vec, line 1: the number of words and of dimensions is expected"),
        (VEC.replace("4 3", "4 5"), "v.vec, line 2: 3 numbers after the word where 5 are expected"),
        (VEC.replace("king 1", "king nan"), "v.vec, line 4: the vector of 'king' holds NaN"),
        (VEC.replace("king", "the king"), "v.vec, line 4: more than one word before the 3 numbers"),
        ("", "v.vec: is empty"),
    ],
)
def test_damaged_vectors(command, tmp_path, content, said):
    (tmp_path / "v.vec").write_text(content)
    assert said in complaint(command("neighbors", "v.vec", "king"))


def test_words_that_are_not_there(command, tmp_path):
    save(WordVectors(WORDS, ROWS), tmp_path / "v.vec")
    for arguments, said in (
        (("neighbors", "v.vec", "kingg"), "'kingg' is not among the 4 words; 'king' is"),
        (("neighbors", "v.vec", "king", "xyz"), "'xyz' is not among the 4 words"),
        (("neighbors", "v.vec", "king", "-k", "0"), "-k 0: a search finds at least one neighbour"),
        (("analogy", "v.vec", "man", "Woman", "king"), "'Woman' is not among the 4 words; 'woman' is"),
        (("similarity", "v.vec", "man", "Queen"), "'queen' is"),
        (("export", "v.vec"), "say the format, as --format glove"),
        (("export", "v.vec", "--to", "v.vec"), "v.vec: is what would be exported"),
        (("export", "none.vec", "--format", "glove"), "none.vec: no such file"),
        (("evaluate", "v.vec", "none.txt"), "none.txt: no such file"),
    ):
        assert said in complaint(command(*arguments))


def test_subwords_speak_for_a_word_that_is_not_there(command, tmp_path):
    parts = SubwordVectors(ROWS, np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32), 4, 5)
    save(WordVectors(WORDS, parts.of_words(WORDS), subwords=parts), tmp_path / "v.bin")
    done = command("neighbors", "v.bin", "kingg", "-k", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "'x' is not among the 4 words" in complaint(command("neighbors", "v.bin", "x", "-k", "1"))


def test_analogies_without_a_known_word_have_coverage_only(command, tmp_path):
    save(WordVectors(WORDS, ROWS), tmp_path / "v.vec")
    (tmp_path / "some.txt").write_text(": family\nman king woman queen\nman king boy girl\n: gram\na b c d\n")
    done = command("evaluate", "v.vec", "some.txt")
    assert done.returncode == 0, done.stderr
    numbers = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if line.strip().startswith("some")}
    assert numbers["some_3cosadd"] == "1.0000"
    assert numbers["some_coverage"] == "0.3333"
    (tmp_path / "none.txt").write_text("a b c d\n")
    done = command("evaluate", "v.vec", "none.txt")
    assert done.returncode == 0, done.stderr
    assert "none_coverage" in done.stdout
    assert "none_3cosadd" not in done.stdout
