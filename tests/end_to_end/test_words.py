"""Word vectors from the command line: trained, then used; commands on a file, and what a user gets wrong."""

import random

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


def test_a_run_from_text_to_neighbours(embedlab, tmp_path):
    draw = random.Random(0)
    topics = [draw.choice("abcdefgh") for _ in range(5000)]
    lines = [" ".join(f"{topic}{draw.randrange(20)}" for _ in range(10)) for topic in topics]
    (tmp_path / "corpus.txt").write_text("\n".join(lines))  # 180 kB
    done = embedlab(
        "train", "experiment=word2vec", "data.path=corpus.txt", "model.embedding_dim=16", "task.learning_rate=0.05",
        "trainer.max_epochs=3", "threads=1", "data.test_sets=[]", "run_dir=run", EMBEDLAB_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = embedlab("neighbors", "run", "a7", "-k", "10")
    assert found.returncode == 0, found.stderr
    assert {line.split()[1][0] for line in found.stdout.splitlines()} == {"a"}
    before = (tmp_path / "run" / "exports" / "vectors.safetensors").read_bytes()
    again = embedlab("resume", "run", EMBEDLAB_CACHE=str(tmp_path / "cache"))  # only the test is left to do
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "run" / "exports" / "vectors.safetensors").read_bytes() == before


def test_no_text_to_train_on_is_one_line(embedlab):
    done = embedlab("train", "experiment=word2vec")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("embedlab: data.path: name the text to train on")
