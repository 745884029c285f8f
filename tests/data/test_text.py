"""Text in blocks: what a training step gets, and what is said of text that can't be trained on."""

import numpy as np
import pytest

from embedlab import distributed
from embedlab.data.text import TextData
from embedlab.errors import BadInput


@pytest.fixture
def text(tmp_path):
    """``text(content)``: data of that text, in blocks of about six words."""

    def made(content, **more):
        (tmp_path / "corpus.txt").write_text(content)
        options = {"block_words": 6, "min_count": 1, "cache": str(tmp_path / "cache")} | more
        return TextData(str(tmp_path / "corpus.txt"), seed=5, **options)

    return made


def test_blocks_are_whole_sentences_in_order(text):
    data = text("a b c d\n" * 2 + "a b\n" * 5 + "a b c d a b c d a b\n" + "c\n")
    assert np.array_equal(data.corpus.blocks(6), [0, 2, 4, 7, 8, 9])  # of 8, 4, 6, 10 and 1 words
    assert np.array_equal(data.corpus.blocks(6, 2, 7), [2, 5, 7])
    assert np.array_equal(data.corpus.blocks(100), [0, 9])
    assert data.sizes == {"vocabulary_size": 4}
    batches = list(data.train_dataloader())
    assert [(batch.first, batch.last) for batch in batches] == [(0, 2), (2, 4), (4, 7), (7, 8), (8, 9)]
    assert len({batch.seed for batch in batches}) == 5
    assert batches == list(data.train_dataloader())


def test_a_loader_goes_on_where_it_stood(text):
    data = text("a b c\n" * 20)
    loader = data.train_dataloader()
    loader.sampler.set_epoch(2)
    whole = list(loader)
    assert whole != list(data.train_dataloader())  # of epoch 0: the same blocks, other seeds
    resumed = data.train_dataloader()
    resumed.load_state_dict({"epoch": 2, "step": 4})
    assert list(resumed) == whole[4:]


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        ("", {}, "corpus.txt: an empty file"),
        ("a b a b", {"min_count": 5}, "lower min_count"),
        ("a a a", {}, "holds one word only"),
        ("a b", {"block_words": 0}, "data.block_words=0"),
        ("a b", {"test_sets": ["nosuch"]}, "nosuch: no such file; sets are ws353"),
    ],
)
def test_what_cannot_be_trained_on_is_said(text, content, more, said):
    with pytest.raises(BadInput, match=said):
        text(content, **more).prepare_data()


def test_no_path():
    with pytest.raises(BadInput, match=r"data\.path: name the text to train on"):
        TextData(None, seed=1)


def test_ranks_share_an_epoch_out(text, monkeypatch):
    data = text("a b c d\n" * 2 + "a b\n" * 5 + "a b c d a b c d a b\n" + "c\n")
    whole = list(data.train_dataloader())
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    shares = []
    for rank in range(2):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        shares.append(list(data.train_dataloader()))
    blocks = [block[:2] for step in zip(*shares, strict=True) for block in step]
    assert blocks == [*(block[:2] for block in whole), (9, 9)]  # five blocks: of the last two one is empty
    assert len({block.seed for share in shares for block in share}) == 6
