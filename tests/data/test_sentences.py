"""Texts with classes as training sees them: splits, folds, vocabulary, batches."""

import collections

import pytest
import torch

from embedlab.data.sentences import SentenceData
from embedlab.errors import BadInput
from embedlab.text import Words

TEXTS = [f"{'good' if row % 3 else 'bad'} film number {row}" for row in range(60)]  # twice as many good ones


@pytest.fixture
def data(tmp_path):
    def made(train=TEXTS, val=None, test=None, **more):
        paths = {}
        for key, texts in (("path", train), ("val_path", val), ("test_path", test)):
            if texts is not None:
                (tmp_path / key).write_text("\n".join(texts) + "\n")
                paths[key] = str(tmp_path / key)
        return SentenceData(**{"seed": 1, "batch_size": 2, **paths, **more})

    return made


def test_files_are_kept_apart(data):
    found = data(["1 a b", "0 b"], ["1 c"], ["0 d a"])
    assert found.texts == {"train": [("a b", "1"), ("b", "0")], "val": [("c", "1")], "test": [("d a", "0")]}
    assert found.classes == ["0", "1"]
    assert set(found.vocabulary.words) == {"a", "b", "c", "d", "<unk>"}
    assert found.sizes == {"vocabulary_size": 5, "num_classes": 2}
    assert set(data(["1 a b", "0 b"], ["1 c"], ["0 d a"], vocabulary="train").vocabulary.words) == {"a", "b", "<unk>"}


def test_folds_part_the_texts_and_share_the_classes(data):
    tested = collections.Counter()
    for fold in range(5):
        texts = data(folds=5, fold=fold, val_fraction=0.25, seed=fold).texts
        assert {split: len(of) for split, of in texts.items()} == {"train": 36, "val": 12, "test": 12}
        assert collections.Counter(one.label for one in texts["test"]) == {"good": 8, "bad": 4}
        assert collections.Counter(one.label for one in texts["val"]) == {"good": 8, "bad": 4}
        assert len({one.text for of in texts.values() for one in of}) == 60
        tested.update(one.text for one in texts["test"])
    assert set(tested.values()) == {1}
    assert len(tested) == 60
    assert data(fold=3, seed=1).texts == data(fold=3, seed=2).texts


def test_classes_may_be_renamed_joined_and_left_out(data):
    found = data(["0 a", "1 b", "2 c", "4 d"], ["4 e"], ["2 f", "0 g"], labels={0: "bad", 1: "bad", 2: None, 4: "good"})
    assert found.texts["train"] == [("a", "bad"), ("b", "bad"), ("d", "good")]
    assert found.texts["test"] == [("g", "bad")]


def test_batches_hold_numbers_of_words(data):
    found = data(["1 A b b", "0 b"], ["1 c"], ["0 d a"], tokenizer=Words(lower=True), min_count=2)
    index = found.vocabulary.index
    assert set(index) == {"a", "b", "<unk>"}
    (batch,) = found.train_dataloader()
    rows = {tuple(tokens[:length].tolist()): label for tokens, length, label in zip(*batch, strict=True)}
    assert rows == {(index["a"], index["b"], index["b"]): 1, (index["b"],): 0}
    assert batch.tokens[batch.lengths == 1, 1:].tolist() == [[0, 0]]
    (batch,) = found.test_dataloader()
    assert torch.equal(batch.tokens, torch.tensor([[index["<unk>"], index["a"]]]))


def test_classes_that_are_numbers_are_in_their_order(data):
    texts = [f"{label} a" for label in (10, 9, 2)]
    assert data(texts, texts, texts).classes == ["2", "9", "10"]


def read(data, *texts, **options):
    found = data(*texts, **options)
    found.prepare_data()
    return found.sizes


@pytest.mark.parametrize(
    ("texts", "options", "said"),
    [
        ((None,), {"path": None}, "data.path: name the texts to train on"),
        ((["1 a", "1 b"], ["1 c"], ["1 d"]), {}, "all texts to train on are of one class, '1'"),
        ((["1 a", "0 b"], ["1 c"], ["2 d", "2 e"]), {}, "2 texts to test on are of a class that no text to .* has: 2"),
        ((["1 a", "0 b"], ["1 c"], ["0 d"]), {"labels": {1: "x"}}, "the class '0' of 'b' is not in data.labels: 1"),
        ((["1 a", "0 b"], ["1 c"], ["0 d"]), {"batch_size": 3}, "data.batch_size=3: there are only 2 texts"),
        ((["1 a b c", "0 b"], ["1 c"], ["0 d"]), {"max_words": 2}, "a text of 3 words, 'a b c' .* data.max_words=2"),
        ((["1 ...", "0 b"], ["1 c"], ["0 d"]), {"tokenizer": Words()}, "there is no word in the text '...'"),
        ((["1 a", "0 b"],), {}, "too few texts: none is left to train on"),
        ((TEXTS,), {"fold": 10}, "data.fold=10: of data.folds=10"),
        ((TEXTS,), {"val_fraction": 0.6}, "data.val_fraction=0.6"),
        ((TEXTS,), {"vocabulary": "test"}, "data.vocabulary=test: there are all and train"),
        ((TEXTS,), {"min_count": 0}, "data.min_count=0"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from(data, texts, options, said):
    with pytest.raises(BadInput, match=said):
        read(data, *texts, **options)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("mr", {"train": 8635, "val": 960, "test": 1067}),
        ("trec", {"train": 4906, "val": 546, "test": 500}),
        ("sst2", {"val": 872, "test": 1821}),
        ("sst1", {"val": 1101, "test": 2210}),
        ("cr", {"test": 378}),
        ("mpqa", {"test": 1061}),
        ("subj", {"test": 1000}),
    ],
)
def test_the_published_sets(name, sizes, data_root):
    import hydra

    from embedlab.running.build import make
    from embedlab.running.catalog import conf_dir

    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        found = make(hydra.compose("train", ["experiment=kim_cnn", f"data={name}"]).data)
    counts = {split: len(texts) for split, texts in found.texts.items()}
    assert {split: counts[split] for split in sizes} == sizes
    assert len(found.classes) == {"trec": 6, "sst1": 5}.get(name, 2)
