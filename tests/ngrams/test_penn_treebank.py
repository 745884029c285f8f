"""The published perplexity of the 5-gram model on the Penn Treebank in Mikolov's form."""

import gzip

import numpy as np
import pytest

from embedlab.ngrams import Katz, ModifiedKneserNey, NGramTable


def test_perplexity_as_published(data_root):
    """141.2 and 162.3 (KN5 and GT5 of Mikolov et al., 2011): SRILM's modified Kneser–Ney, and Good–Turing cut off.

    As there, ``<unk>`` is a word like any other, predicted and counted; each line is a sentence of its own, whose end
    is predicted and counted, so that there are 82,430 words.
    """
    lines = {}
    for name, opened in (("train.txt.gz", gzip.open), ("test.txt", open)):
        with opened(data_root / "ptb" / f"ptb.{name}", "rt", encoding="utf-8") as file:
            lines[name] = [[*line.split(), "</s>"] for line in file]
    index = {word: k for k, word in enumerate(dict.fromkeys(w for line in lines["train.txt.gz"] for w in line))}
    train, test = (
        (np.array([index[w] for line in split for w in line], np.int32), np.cumsum([0, *map(len, split)]))
        for split in lines.values()
    )
    assert (len(index), len(train[0]), len(test[0])) == (10_000, 929_589, 82_430)
    table = NGramTable.count(*train, len(index), 5)
    assert np.diff(table.levels).tolist() == [1, 10_001, 264_990, 586_558, 717_733, 737_952]
    assert ModifiedKneserNey()(table).perplexity(*test) == pytest.approx(141.2, abs=0.1)
    assert Katz(7, min_count=2)(table).perplexity(*test) == pytest.approx(162.3, abs=0.1)
