"""Word vectors from the command line: three commands on a file, and what a user gets wrong."""

import numpy as np
import pytest

from embedlab.vectors import WordVectors, save

WORDS = ["man", "woman", "king", "queen", "czech", "currency", "koruna"]
ROWS = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 1, 0, 2], [0, 0, 1, 2], [0, 0.5, 0.5, 2]]


@pytest.fixture
def file(tmp_path):
    save(WordVectors(WORDS, np.array(ROWS, float)), tmp_path / "v.vec")


def test_the_commands(embedlab, tmp_path, file):
    found = embedlab("neighbors", "v.vec", "czech", "currency", "-k", "2")
    assert found.returncode == 0, found.stderr
    assert [line.split() for line in found.stdout.splitlines()] == [["1.0000", "koruna"], ["0.2722", "queen"]]
    found = embedlab("analogy", "v.vec", "man", "king", "woman", "-k", "1")
    assert found.stdout.split()[1] == "queen"
    assert embedlab("similarity", "v.vec", "man", "woman").stdout == "0.7071\n"
    (tmp_path / "mine.txt").write_text("man woman 3\nman king 2\nman czech 1\n")
    found = embedlab("evaluate", "v.vec", "mine.txt")
    assert found.returncode == 0, found.stderr
    assert "mine_spearman" in found.stdout


def test_what_one_gets_wrong(embedlab, tmp_path, file):
    (tmp_path / "cut.vec").write_text((tmp_path / "v.vec").read_text()[:-9])
    for arguments, complaint in (
        (("neighbors", "v.vec", "kink"), "'kink' is not among the 7 words; 'king' is"),
        (("neighbors", "cut.vec", "king"), "cut.vec, line 8: 2 numbers after the word where 4 are expected"),
        (("similarity", "none.vec", "a", "b"), "none.vec: no such file"),
    ):
        done = embedlab(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"embedlab: {complaint}")
        assert done.stderr.count("\n") == 1
