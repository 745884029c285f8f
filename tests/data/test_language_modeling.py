"""Streams of tokens for language models: which token is predicted from which, and what cannot be trained on."""

import numpy as np
import pytest
import torch

from embedlab import distributed
from embedlab.data.language_modeling import FoldedStream, LanguageModelingData
from embedlab.data.samplers import BatchIndices
from embedlab.errors import BadInput
from embedlab.text import Characters, Whitespace


@pytest.fixture
def data(tmp_path):
    """``data(train, val, test)``: of these texts over words, in two rows of windows of three."""

    def made(train, val=None, test=None, **more):
        named = {"path": train, "val_path": val, "test_path": test}
        for name, content in named.items():
            if content is not None:
                (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        options = {"batch_size": 2, "window": 3, "tokenizer": Whitespace(), "min_count": 1, "eos": True} | more
        paths = {name: str(tmp_path / name) for name, content in named.items() if content is not None}
        return LanguageModelingData(**paths, seed=5, cache=str(tmp_path / "cache"), **options)

    return made


def windows(loader, words):
    """Rows of ``inputs>targets`` by window."""
    return [
        [" ".join(words[i] for i in ins) + ">" + " ".join(words[t] for t in outs)
         for ins, outs in zip(batch.inputs, batch.targets, strict=True)]
        for batch in loader
    ]  # fmt: skip


def test_rows_go_on_from_window_to_window(data):
    found = data("a b c d\ne f g h\ni j k l", "a x\n", "b\n")
    words = found.corpora["train"].vocabulary.words
    assert windows(found.train_dataloader(), words) == [
        ["<eos> a b>a b c", "f g h>g h <eos>"],
        ["c d <eos>>d <eos> e", "<eos> i j>i j k"],
        ["e>f", "k>l"],
    ]
    assert [batch.first for batch in found.train_dataloader()] == [True, False, False]
    assert windows(found.val_dataloader(), words) == [["<eos> a <unk>>a <unk> <eos>"]]
    assert windows(found.test_dataloader(), words) == [["<eos> b>b <eos>"]]
    assert found.corpora["val"].vocabulary.words == words
    assert found.sizes == {"vocabulary_size": 14}
    assert found.characters("val") == len("a <unk> \n")
    assert found.characters("train") == len("a b c d \ne f g h \ni j k l \n")
    assert (found.characters("val", 2), found.unknown_fraction("val", 1)) == (len("a <unk> "), 0)


def test_the_held_out_text_may_be_split_off_and_adds_no_words(data):
    found = data("a b\n" * 16 + "a c\n" * 2 + "b d\n" * 2, val_fraction=0.1, test_fraction=0.1)
    assert sorted(found.corpora["train"].vocabulary.words) == ["<eos>", "<unk>", "a", "b"]
    for split, word in (("val", "a"), ("test", "b")):
        corpus = found.corpora[split]
        assert [corpus.vocabulary.decode(line) for line in corpus] == [[word, "<unk>", "<eos>"]] * 2
    assert found.checksum != data("a b\n" * 16 + "a c\n" * 4, val_fraction=0.2, test_fraction=0.1).checksum


def test_a_folder_of_parts_gives_all_three(data, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, content in (("train", "a b\na c\n"), ("valid", "b\n"), ("test", "c c\n")):
        (folder / f"{name}.txt").write_text(content)
    other = tmp_path / "val_path"
    other.write_text("a\n")
    for more, val in (({}, ["b", "<eos>"]), ({"val_path": str(other)}, ["a", "<eos>"])):
        found = LanguageModelingData(
            str(folder), seed=1, tokenizer=Whitespace(), min_count=1, eos=True, cache=str(tmp_path / "cache"), **more
        )
        decoded = {split: corpus.vocabulary.decode(corpus.ids) for split, corpus in found.corpora.items()}
        assert decoded == {"train": ["a", "b", "<eos>", "a", "c", "<eos>"], "val": val, "test": ["c", "c", "<eos>"]}


def test_without_rows_the_text_comes_in_blocks(data, monkeypatch):
    found = data("a b c d\n" * 20, "a\n", "a\n", batch_size=None, window=30)
    found.prepare_data()
    assert [batch[:2] for batch in found.train_dataloader()] == [(0, 30), (30, 60), (60, 90), (90, 100)]
    resumed = found.train_dataloader()
    resumed.load_state_dict({"epoch": 0, "step": 2})
    assert [batch.first for batch in resumed] == [60, 90]
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    assert [batch[:2] for batch in found.train_dataloader()] == [(30, 60), (100, 100)]


def test_characters(data):
    text = "the cat\n\nsat\n"
    found = data(text, text, "a dog", tokenizer=Characters(), eos=False)
    vocabulary = found.corpora["train"].vocabulary
    assert vocabulary.words[vocabulary.start] == r"\n"
    written = "".join(map(Characters().written, vocabulary.decode(found.corpora["train"].ids)))
    assert written == text
    assert found.characters("train") == len(text)
    assert vocabulary.decode(found.corpora["test"].ids) == ["a", r"\s", "<unk>", "<unk>", "<unk>"]


@pytest.mark.parametrize(("tokens", "rows", "steps"), [(100, 1, 7), (101, 7, 5), (64, 4, 4), (10, 10, 3)])
def test_every_token_is_a_target_once(tokens, rows, steps):
    ids = np.arange(tokens, dtype=np.int32)
    stream = FoldedStream(ids, rows, steps, start=tokens)
    seen = [stream[BatchIndices([*range(w * rows, (w + 1) * rows)], 0)] for w in range(stream.windows)]
    targets = torch.cat([window.targets for window in seen], 1)
    inputs = torch.cat([window.inputs for window in seen], 1)
    kept = tokens - tokens % rows
    assert targets.flatten().tolist() == list(range(kept))
    assert inputs.flatten().tolist() == [tokens, *range(kept - 1)]


def test_windows_of_varying_length_have_every_token_once_in_each_epoch():
    stream = FoldedStream(np.arange(40_003, dtype=np.int32), rows=3, steps=40, start=0, jitter=4.0, seed=7)
    lengths = [np.diff(stream.bounds(epoch)) for epoch in range(9)]
    assert all((each.sum(), each.min() > 0, len(each)) == (13_334, True, stream.windows) for each in lengths)
    assert not np.array_equal(lengths[0], lengths[1])
    together = np.concatenate(lengths)
    long = together[together > 30]
    assert 1 - len(long) / len(together) == pytest.approx(0.05, abs=0.02)
    assert (long.mean(), long.std()) == pytest.approx((40, 4), rel=0.05)
    assert together[together <= 30].mean() == pytest.approx(20, rel=0.1)
    epoch = [stream[BatchIndices([(2 * stream.windows + w) * 3 + 1], 0)] for w in range(stream.windows)]
    assert torch.cat([window.targets for window in epoch], 1).flatten().tolist() == list(range(13_334, 26_668))
    assert [window.targets.shape[1] for window in epoch] == lengths[2].tolist()
    assert [window.first for window in epoch] == [True] + [False] * (stream.windows - 1)


def test_epochs_of_varying_windows_follow_from_the_seed(data):
    found = data("a b c d\n" * 40, "a\n", "a\n", window=8, jitter=1.0)
    loader = found.train_dataloader()
    epochs = []
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)
        epochs.append([batch.targets.shape[1] for batch in loader])
    again = found.train_dataloader()
    again.sampler.set_epoch(1)
    assert [batch.targets.shape[1] for batch in again] == epochs[1] != epochs[0]


def test_a_reversed_text_is_read_from_its_end(data):
    found = data("a b c d\ne f g h\n", "a b\n", "b\n", reversed=True)
    words = found.corpora["train"].vocabulary.words
    assert windows(found.train_dataloader(), words) == [
        ["<eos> <eos> h><eos> h g", "e <eos> d><eos> d c"],
        ["g f>f e", "c b>b a"],
    ]
    assert windows(found.val_dataloader(), words) == [["<eos> <eos> b><eos> b a"]]


def test_ranks_share_the_rows_and_a_loader_goes_on_where_it_stood(data, monkeypatch):
    found = data("a b c d\n" * 20, "a\n", "a\n", batch_size=4)
    whole = list(found.train_dataloader())
    resumed = found.train_dataloader()
    resumed.load_state_dict({"epoch": 0, "step": 5})
    for got, expected in zip(resumed, whole[5:], strict=True):
        assert torch.equal(got.inputs, expected.inputs)
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    halves = []
    for rank in range(2):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        halves.append(list(found.train_dataloader()))
    for first, second, both in zip(*halves, whole, strict=True):
        assert torch.equal(torch.cat([first.targets, second.targets]), both.targets)


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"", {}, "path: an empty file"),
        ("déjà vu".encode("latin1"), {}, "path: not UTF-8 text"),
        ("déjà vu".encode("latin1"), {"tokenizer": Characters()}, "path: not UTF-8 text"),
        (b"aaaa", {"tokenizer": Characters(), "eos": False}, "holds one word only"),
        (b"a a a", {}, "holds one word only"),
        (
            b"a b\n",
            {"window": 9},
            "data.window=9: of the 3 tokens to train on each of data.batch_size=2 rows has only 1",
        ),
        (b"a b\n", {"batch_size": 0}, "data.batch_size=0"),
        (b"a b\n", {"jitter": 1}, "data.jitter=1: steps, at least 0 and at most a quarter of data.window=3"),
    ],
)
def test_what_cannot_be_trained_on_is_said(data, content, more, said):
    with pytest.raises(BadInput, match=said):
        data(content, "a\n", "a\n", **more).prepare_data()


def test_penn_treebank_has_its_published_number_of_tokens(data_root, tmp_path):
    names = {"path": "train.txt.gz", "val_path": "valid.txt", "test_path": "test.txt"}
    paths = {key: str(data_root / "ptb" / f"ptb.{name}") for key, name in names.items()}
    found = LanguageModelingData(**paths, seed=1, tokenizer=Whitespace(), min_count=1, eos=True, cache=str(tmp_path))
    assert [len(corpus.ids) for corpus in found.corpora.values()] == [929589, 73760, 82430]
    assert found.sizes == {"vocabulary_size": 10000}
    assert found.unknown_fraction("test") == pytest.approx(4794 / 82430, abs=1e-9)


def test_no_path():
    with pytest.raises(BadInput, match=r"data\.path: name the text to train on"):
        LanguageModelingData(None, seed=1)
