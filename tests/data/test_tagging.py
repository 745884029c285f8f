"""Tagged sentences as batches."""

import logging

import pytest

from embedlab import distributed
from embedlab.data import tagging
from embedlab.data.tagging import TaggingData
from embedlab.errors import BadInput

TRAIN = "the\tD\ndog\tN\n\na\tD\ndog\tN\nbarks\tV\n\nthe\tD\ncat\tN\n\ndogs\tN\nbark\tV\n\n"


@pytest.fixture
def data(tmp_path):
    """``data(train, val, test)``: of these files of columns, in batches of two."""

    def made(train=TRAIN, val="the\tD\ncow\tN\n", test="the\tD\n\ncows\tN\n\nmoo\tX\nmoo\tV\n", **more):
        paths = {"path": train, "val_path": val, "test_path": test}
        for name, content in paths.items():
            (tmp_path / name).write_text(content)
        options = {"batch_size": 2, "min_count": 1, "seed": 5} | more
        return TaggingData(**{name: str(tmp_path / name) for name in paths}, **options)

    return made


def sentences(loader, lexicon):
    """What the batches hold, words and tags, as text."""
    for batch in loader:
        for row, (places, length) in enumerate(zip(batch.places.tolist(), batch.lengths.tolist(), strict=True)):
            tags = [lexicon.tags[tag] for tag in batch.tags[row, :length].tolist()]
            yield " ".join(f"{batch.forms[p]}/{t}" for p, t in zip(places[:length], tags, strict=True))


def test_sizes_are_those_of_the_training_text(data):
    found = data()
    assert found.sizes == {"vocabulary_size": 8, "alphabet_size": 13, "tags": ["N", "D", "V"]}
    assert data(min_count=2).lexicon.words == ["<unk>", "the", "dog"]
    assert found.checksum == data().checksum != data(test="the\tD\n").checksum


def test_an_epoch_has_every_sentence_once(data):
    found = data()
    epoch = list(sentences(found.train_dataloader(), found.lexicon))
    assert sorted(epoch) == sorted(["the/D dog/N", "a/D dog/N barks/V", "the/D cat/N", "dogs/N bark/V"])


def test_evaluation_is_in_order_whatever_the_batch(data, monkeypatch):
    found = data()
    (batch,) = found.test_dataloader()
    assert batch.lengths.tolist() == [1, 1, 2]
    assert [batch.forms[p] for p in batch.places[:, 0].tolist()] == ["the", "cows", "moo"]
    assert [found.lexicon.words[w] for w in batch.words.tolist()] == ["the", "<unk>", "<unk>"]
    monkeypatch.setattr(tagging, "EVALUATION_SENTENCES", 1)
    assert [list(batch.forms) for batch in found.test_dataloader()] == [["the"], ["cows"], ["moo"]]


def test_tags_that_cannot_be_found_are_said(data, caplog):
    with caplog.at_level(logging.WARNING):
        data().prepare_data()
    assert caplog.messages == ["test: 1 words with tags that the training text has not (X): they count as errors"]


def test_ranks_share_the_rows(data, monkeypatch):
    whole = list(data().train_dataloader())
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    shares = []
    for rank in range(2):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        found = data()
        shares.append(list(sentences(found.train_dataloader(), found.lexicon)))
    both = [sentence for pair in zip(*shares, strict=True) for sentence in pair]
    assert both == list(sentences(whole, data().lexicon))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"batch_size": 5}, r"data\.batch_size=5: there are only 4 sentences to train on"),
        ({"batch_size": 0}, r"data\.batch_size=0, data\.min_count=1: both are at least 1"),
        ({"train": "a\tD\n\nb\tD\n"}, r"all words of the training text have the tag 'D'"),
        ({"min_count": 4}, "lower min_count"),
        ({"val": "the\n"}, "val_path, line 1: 1 column"),
    ],
)
def test_what_cannot_be_learned_from(data, more, said):
    with pytest.raises(BadInput, match=said):
        data(**more).prepare_data()


@pytest.mark.parametrize("missing", ["path", "val_path", "test_path"])
def test_all_three_files_are_named(missing):
    paths = {"path": "a", "val_path": "a", "test_path": "a", missing: None}
    with pytest.raises(BadInput, match=rf"data\.{missing}: name the tagged sentences to"):
        TaggingData(**paths, seed=1)
