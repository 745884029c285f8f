"""Word vectors from the command line: trained, then used; commands on a file, and what a user gets wrong."""

import json
import random

import numpy as np
import pytest

from embedlab.vectors import SenseVectors, WordVectors, load, save

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


def test_the_senses_of_a_word(embedlab, command, tmp_path, file):
    """The way to ``pie`` turns at one node, by σ(4) from the vector of ``apple (1)``, by σ(−4) from the other."""
    senses = np.array([[[4, 0, 0], [0, 4, 0]], [[4, 1, 0], [0] * 3], [[0, 4, 1], [0] * 3], [[0, 0, 4], [0] * 3]])
    nodes = np.array([[0, 0, 0], [1, -1, 0], [0, 0, 0], [0, 0, 0]])
    sense_counts = np.array([[60, 40], [10, 0], [9, 0], [5, 0]])
    vectors = SenseVectors(["apple", "pie", "mac", "rest"], senses, nodes, sense_counts, np.array([100, 10, 9, 5]), 0.1)
    save(vectors, tmp_path / "senses.npz")
    found = embedlab("neighbors", "senses.npz", "apple", "-k", "1")
    assert found.returncode == 0, found.stderr
    assert [line.split() for line in found.stdout.splitlines()] == [
        ["apple", "(1):", "0.6034"], ["0.9701", "pie", "(1)"], ["apple", "(2):", "0.3966"], ["0.9701", "mac", "(1)"],
    ]  # fmt: skip
    found = embedlab("senses", "senses.npz", "apple", "Apple PIE, unheard of", "-k", "1")
    assert found.returncode == 0, found.stderr
    assert found.stdout == "    0.9881  apple (1): pie (1)\n    0.0119  apple (2): mac (1)\n"
    assert command("neighbors", "senses.npz", "apple (2)", "-k", "1").stdout == "    0.9701  mac (1)\n"
    assert "'appel' is not among the 4 words; 'apple' is" in command("senses", "senses.npz", "appel", "appel").stderr
    for arguments, complaint in (
        (("senses", "senses.npz", "apple", "an apple"), "'an apple': none of the words around 'apple' is known"),
        (("senses", "v.vec", "king"), "v.vec: these vectors are one a word; those of experiment=adagram have senses"),
    ):
        assert (done := command(*arguments)).returncode == 2
        assert done.stderr == f"embedlab: {complaint}\n"


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


@pytest.fixture
def corpus(tmp_path):
    """``corpus.txt``: sentences of words of one topic, ``a0`` to ``a19``, ``b0`` and so on."""
    draw = random.Random(0)
    topics = [draw.choice("abcdefgh") for _ in range(5000)]
    lines = [" ".join(f"{topic}{draw.randrange(20)}" for _ in range(10)) for topic in topics]
    (tmp_path / "corpus.txt").write_text("\n".join(lines))  # 180 kB


@pytest.mark.parametrize("options", [
    ["experiment=glove", "model.embedding_dim=16", "trainer.max_epochs=3"],
    ["experiment=counts", "model.dimension=null", "task.examples.relations={two: [[a1,b1],[a2,b2],[a3,b3]]}"],
], ids=["glove", "counts"])  # fmt: skip
def test_counted_from_text_to_neighbours(options, embedlab, tmp_path, corpus):
    environment = {"EMBEDLAB_CACHE": str(tmp_path / "cache")}
    (tmp_path / "pairs.txt").write_text("a1 a2 9\nb1 b2 8\nc3 c4 7\na1 b2 1\nc1 d2 2\ne1 f1 3\n")
    done = embedlab(
        "train", *options, "data.path=corpus.txt", "threads=1", "data.test_sets=[pairs.txt]", "run_dir=run",
        **environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["test/pairs_spearman"]["value"] > 0.8
    assert (tmp_path / "run" / "report.html").is_file()
    found = embedlab("neighbors", "run", "a7", "-k", "10")
    assert found.returncode == 0, found.stderr
    assert {line.split()[1][0] for line in found.stdout.splitlines()} == {"a"}
    if "experiment=counts" in options:  # the sparse vectors are in the checkpoint too
        again = embedlab("evaluate", "run", **environment)
        assert again.returncode == 0, again.stderr
        assert "pairs_spearman" in again.stdout


def test_a_run_from_text_to_neighbours(embedlab, tmp_path, corpus):
    done = embedlab(
        "train", "experiment=word2vec", "data.path=corpus.txt", "model.embedding_dim=16", "task.learning_rate=0.05",
        "trainer.max_epochs=3", "threads=1", "data.test_sets=[]", "run_dir=run", EMBEDLAB_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = embedlab("neighbors", "run", "a7", "-k", "10")
    assert found.returncode == 0, found.stderr
    assert {line.split()[1][0] for line in found.stdout.splitlines()} == {"a"}
    before = load(tmp_path / "run" / "exports" / "vectors.safetensors").vectors
    again = embedlab("resume", "run", EMBEDLAB_CACHE=str(tmp_path / "cache"))  # only the test is left to do
    assert again.returncode == 0, again.stderr
    assert np.array_equal(load(tmp_path / "run" / "exports" / "vectors.safetensors").vectors, before)


@pytest.mark.parametrize(("arguments", "says"), [
    (["experiment=glove", "loss=negative_sampling"], "loss=negative_sampling: word vectors take loss=glove with Glove"),
    (["experiment=word2vec", "loss=glove"], "loss=glove: word vectors take loss=negative_sampling"),
    (["experiment=counts", "model.weighting=pmi"], "model.weighting=pmi: no such weighting; there are one_hot, raw"),
    (["experiment=counts", "model.dimension=500"], "model.dimension=500: from 1 to 159, below the 160 words"),
    (["experiment=counts", "model.dimension=ten"], "model.dimension=ten: a number is expected here"),
    (["experiment=counts", "task.subsample=1e-3"], "task.subsample: co-occurrences are counted in the whole text"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)  # fmt: skip
def test_what_does_not_go_together_is_one_line(arguments, says, command, corpus, tmp_path):
    done = command(
        "train", *arguments, "data.path=corpus.txt", f"data.cache={tmp_path}", "data.test_sets=[]", "threads=1"
    )
    assert done.returncode == 2
    (said,) = (line for line in done.stderr.splitlines() if line.startswith("embedlab: "))
    assert said.startswith(f"embedlab: {says}")


def test_no_text_to_train_on_is_one_line(embedlab):
    done = embedlab("train", "experiment=word2vec")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("embedlab: data.path: name the text to train on")


KILLER = """
import os, pathlib, signal
from pytorch_lightning import Callback

class KillOnce(Callback):
    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == 7 and not pathlib.Path("killed").exists():
            pathlib.Path("killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_goes_on_where_its_learning_rate_was(embedlab, command, tmp_path, monkeypatch):
    draw = random.Random(0)
    lines = [" ".join(f"w{int(draw.paretovariate(0.7)) % 50}" for _ in range(10)) for _ in range(1600)]
    (tmp_path / "corpus.txt").write_text("\n".join(lines))
    (tmp_path / "killer.py").write_text(KILLER)
    monkeypatch.setenv("EMBEDLAB_CACHE", str(tmp_path / "cache"))
    settings = [
        "experiment=word2vec", "data.path=corpus.txt", "data.block_words=4000", "data.test_sets=[]", "threads=1",
        "model.embedding_dim=16", "trainer.max_epochs=3", "callbacks.history.every_n_steps=1",
        "callbacks.last.every_n_train_steps=2", "trainer.enable_progress_bar=false",
    ]  # fmt: skip
    killed = embedlab("train", *settings, "run_dir=cut", "+callbacks.killer={_target_: killer.KillOnce}")
    assert killed.returncode == -9, killed.stderr
    resumed = embedlab("resume", "cut", "--allow", "killer")
    assert resumed.returncode == 0, resumed.stderr
    assert command("train", *settings, "run_dir=whole").returncode == 0
    cut, whole = (load(tmp_path / run / "exports" / "vectors.safetensors") for run in ("cut", "whole"))
    assert np.array_equal(cut.vectors, whole.vectors)
    assert np.array_equal(cut.outputs, whole.outputs)
    rates = []
    for run in ("cut", "whole"):
        logged = map(json.loads, (tmp_path / run / "history.jsonl").read_text().splitlines())
        rates.append({line["step"]: line["train/learning_rate"] for line in logged if "train/learning_rate" in line})
    assert rates[0] == rates[1]
    assert len(rates[0]) == 12
    falls = np.diff(list(rates[0].values()))
    assert falls == pytest.approx(falls[0], rel=0.02)
