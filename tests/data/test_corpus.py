from pathlib import Path

import numpy as np
import pytest

from embedlab.data.corpus import Corpus, cache_directory
from embedlab.text import Vocabulary


def test_sentences_come_from_ids_and_offsets(tmp_path):
    np.save(tmp_path / "ids.npy", np.array([0, 1, 0, 2], np.int32))
    np.save(tmp_path / "offsets.npy", np.array([0, 3, 4]))
    Vocabulary(["a", "b", "c"], np.array([2, 1, 1])).save(tmp_path / "vocabulary.txt")
    corpus = Corpus(tmp_path)
    assert isinstance(corpus.ids, np.memmap)
    assert len(corpus) == 2
    assert [corpus.vocabulary.decode(sentence) for sentence in corpus] == [["a", "b", "a"], ["c"]]
    with pytest.raises(IndexError):
        corpus[2]


def test_where_the_cache_is(monkeypatch):
    monkeypatch.delenv("EMBEDLAB_CACHE", raising=False)
    assert cache_directory() == Path.home() / ".cache" / "embedlab"
    monkeypatch.setenv("EMBEDLAB_CACHE", "~/there")
    assert cache_directory() == Path.home() / "there"
    assert cache_directory("here") == Path("here")
