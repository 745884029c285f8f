"""Counting n-grams in the frame: as the table of the whole text has them, killed or not; then asked for text."""

import math
import random
from itertools import pairwise

import hydra
import numpy as np
import pytest
import torch

from embedlab import distributed
from embedlab.apps.export import export_arpa
from embedlab.apps.language import generate, most_probable
from embedlab.data.language_modeling import LanguageModelingData
from embedlab.errors import BadInput
from embedlab.models.ngram import NGram
from embedlab.models.recurrent import Recurrent
from embedlab.ngrams import ModifiedKneserNey, NGramTable, read_arpa
from embedlab.running import train as training
from embedlab.running.build import make, plain
from embedlab.running.catalog import conf_dir
from embedlab.running.rundir import RunDir
from embedlab.running.saved import open_task
from embedlab.tasks.language_counting import LanguageCounting
from embedlab.text import Characters, Whitespace


@pytest.fixture
def composed(tmp_path):
    """``composed(directory, *overrides)``: a run over 240 lines of words by habit, a tenth of them held out."""
    draw, lines = random.Random(0), []
    for _ in range(300):
        words = [draw.choice("abcd")]
        while words[-1] != "d":
            words.append(draw.choice({"a": "bbc", "b": "acd", "c": "ad"}[words[-1]]))
        lines.append(" ".join(words))
    (tmp_path / "text.txt").write_text("\n".join(lines) + "\n")

    def compose(directory, *overrides):
        fixed = [
            "experiment=ngram", f"data.path={tmp_path}/text.txt", f"data.cache={tmp_path}/cache", "threads=1",
            "data.val_fraction=0.1", "data.test_fraction=0.1", "data.window=100", "model.order=3",
            "trainer.enable_progress_bar=false", f"run_dir={tmp_path / directory}",
        ]  # fmt: skip
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            config = hydra.compose("train", [*fixed, *overrides])
        return config, RunDir(tmp_path / directory)

    return compose


def trained(composed, *overrides):
    """Numbers of the test, and the run, whose config is on disk as that of a command's is."""
    config, run = composed("run", *overrides)
    estimates = training.train(config, run)
    run.write_config(plain(config), [])
    return {name.removeprefix("test/"): estimate.value for name, estimate in estimates.items()}, run


def corpora(tmp_path, **more):
    options = {"tokenizer": Whitespace(), "min_count": 1, "eos": True} | more
    return LanguageModelingData(
        str(tmp_path / "text.txt"), 1, None, 100, val_fraction=0.1, test_fraction=0.1, cache=str(tmp_path / "cache"),
        **options,
    ).corpora  # fmt: skip


def test_words_are_counted_and_evaluated_by_lines(composed, tmp_path):
    found, run = trained(composed)
    texts = corpora(tmp_path)
    table = NGramTable.count(texts["train"].ids, texts["train"].offsets, len(texts["train"].vocabulary), 3)
    expected = ModifiedKneserNey()(table).perplexity(texts["test"].ids, texts["test"].offsets)
    assert found["perplexity"] == pytest.approx(expected, rel=1e-12)
    assert found["loss"] == pytest.approx(math.log(expected))
    assert found["tokens"] == len(texts["test"].ids) > 100
    assert found["bits_per_character"] == pytest.approx(
        math.log2(expected) * found["tokens"] / found["characters"], rel=1e-12
    )
    saved = torch.load(run.path / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    np.testing.assert_array_equal(saved["model.counts"], table.counts)


def test_characters_are_one_stream(composed, tmp_path):
    found, run = trained(composed, "data=characters", f"data.path={tmp_path}/text.txt", "model.order=4")
    texts = corpora(tmp_path, tokenizer=Characters(), eos=False)
    train, test, words = texts["train"].ids, texts["test"].ids, texts["train"].vocabulary
    table = NGramTable.count(train, [0, len(train)], len(words), 4, within=True)
    text = [words.start, *test]  # evaluated after a newline
    logs = ModifiedKneserNey()(table).log_probabilities(text, [0, len(text)])[1:]
    assert found["bits_per_character"] == pytest.approx(-logs.mean() / math.log(2), rel=1e-12)
    assert found["tokens"] == found["characters"] == len(test)
    task = open_task(run.path).task
    tokens = [words.start, *test[:30].tolist()]
    state, read = None, []
    for before, after in pairwise(tokens):
        logarithms, state = task.next_token(torch.tensor([before]), state)
        read.append(logarithms[after].item())
    np.testing.assert_allclose(read, logs[:30], rtol=1e-5)


def test_a_killed_run_counts_on_exactly(composed, train_until_killed, tmp_path):
    options = ["model/smoothing=jelinek_mercer", "callbacks.last.every_n_train_steps=3"]
    config, whole = composed("whole", *options)
    training.train(config, whole)
    config, cut = composed("cut", *options)
    train_until_killed(config, cut, step=8)
    halfway = torch.load(cut.last_checkpoint, weights_only=True)
    assert halfway["global_step"] == 6
    assert halfway["state_dict"]["model.counts"][0] == 600
    training.train(config, cut)
    states = [torch.load(run.last_checkpoint, weights_only=True)["state_dict"] for run in (whole, cut)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert states[0]["model.weights"].shape == (3, 16)  # learned from the validation part
    assert whole.read_json("metrics.json") == cut.read_json("metrics.json")


def test_ranks_count_together_what_one_does(composed, tmp_path, monkeypatch):
    """Two ranks, one after the other: each its blocks, and rank 0 takes all when they are saved."""
    config, _ = composed("run", "data.window=30")
    tasks, left = [], []
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    monkeypatch.setattr(distributed, "gather_objects", lambda table: left if distributed.rank() == 0 else [])
    for rank in (1, 0):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        data = make(config.data)
        task = LanguageCounting(NGram(6, ModifiedKneserNey(), 3))
        task.words = data.corpora["train"].vocabulary.words
        for batch in data.train_dataloader():
            task.count(data.corpora["train"].ids, batch)
        left.append(task.model.table)
        tasks.append(task)
    train = data.corpora["train"]
    table = NGramTable.count(train.ids, train.offsets, 6, 3)
    assert 0 < left[0].counts[0] < table.counts[0]
    checkpoint = {}
    tasks[1].on_save_checkpoint(checkpoint)
    np.testing.assert_array_equal(checkpoint["state_dict"]["model.counts"], table.counts)
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    tasks[0].on_save_checkpoint({})
    assert tasks[0].model.table.counts[0] == 0
    tasks[0].on_load_checkpoint(checkpoint)
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    with pytest.raises(BadInput, match="ranks: 2 when the run began, 3 now"):
        tasks[0].on_train_start()


def test_it_writes_and_its_file_says_the_same(composed, tmp_path):
    _, run = trained(composed)
    saved = open_task(run.path)
    asked = saved.task.next_token, saved.task.words, saved.tokenizer
    text = "".join(generate(*asked, "a b", length=50, seed=3))
    assert set(text.split()) <= set("abcd")
    assert all(line.endswith("d") for line in text.replace(" \n", "\n").split("\n")[:-1])  # as in the text
    assert text == "".join(generate(*asked, "a b", length=50, seed=3))
    with pytest.raises(BadInput, match="--prompt: 'z': not among the 6 tokens"):
        generate(*asked, "a z")
    best = most_probable(*asked, "a", length=3, beam=36)
    model, words = saved.task.model.smoothed, saved.task.words
    known = [word for word in range(6) if words[word] != "<unk>"]
    logarithm = {}
    for first in known:
        for second in known:
            for third in known:
                state, total = model.state([words.index("a")]), 0.0
                for token in (first, second, third):
                    total += model.log_distribution(state)[token]
                    state = model.after([token], state, words.index("<eos>"))
                logarithm["".join(saved.tokenizer.written(words[t]) for t in (first, second, third))] = total
    assert best == max(logarithm, key=logarithm.get)

    path = export_arpa(saved.task.model, words, tmp_path / "exports" / "model.arpa")
    again, spelt = read_arpa(path)
    assert sorted(spelt) == sorted(words)
    ids, offsets = corpora(tmp_path)["test"].ids, corpora(tmp_path)["test"].offsets
    renumbered = np.array([spelt.index(word) for word in words])[ids]
    np.testing.assert_allclose(again.perplexity(renumbered, offsets), model.perplexity(ids, offsets), rtol=1e-6)
    with pytest.raises(BadInput, match="arpa: such a file holds n-grams"):
        export_arpa(Recurrent(9, embedding_dim=4, hidden_dim=4), words, path)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model.smoothing.scaled=false", r"model\.smoothing\.scaled=false: .* there is no perplexity; take true"),
        ("data.batch_size=1", r"data\.batch_size=1: n-grams are counted in blocks"),
        ("trainer.max_epochs=2", r"trainer\.max_epochs=2: a text is counted once"),
    ],
)
def test_what_cannot_be_counted(composed, override, said):
    config, run = composed("run", "model/smoothing=stupid_backoff", override)
    with pytest.raises(BadInput, match=said):
        training.train(config, run)


def test_what_does_not_go_together_is_said():
    with pytest.raises(BadInput, match="model=Recurrent: what is counted is model=ngram"):
        LanguageCounting(Recurrent(9, embedding_dim=4, hidden_dim=4))
