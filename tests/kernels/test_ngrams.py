"""What :class:`embedlab.ngrams.NGramTable` and its models don't show of the kernels; their counts are tested there."""

from itertools import pairwise

import numpy as np
import pytest

from embedlab.kernels import ngrams as kernels
from embedlab.ngrams import NGramTable


def text(order):
    draw = np.random.default_rng(order)
    ids = np.minimum(draw.zipf(1.5, 300) - 1, 7).astype(np.int32)
    return ids, np.unique(np.concatenate([[0, 300], draw.integers(0, 300, 40)]))


def test_positions_by_word():
    ids = np.array([2, 0, 2, 1, 0], np.int32)
    assert kernels.positions_by_word(ids, 4).tolist() == [1, 4, 3, 0, 2]


def test_levels_by_hand():
    """``a b a b`` and ``b``, start 2: of order 2 there are ``a b``, ``b a``, ``<s> a`` and ``<s> b``."""
    ids, offsets = np.array([0, 1, 0, 1, 1], np.int32), np.array([0, 4, 5])
    by_word = kernels.positions_by_word(ids, 2)
    (words, counts, suffixes, first), at = kernels.count_level(ids, offsets, by_word, ids, 3, 2, 2)
    assert (words.tolist(), counts.tolist(), suffixes.tolist()) == ([1, 0, 0, 1], [2, 1, 1, 1], [1, 0, 0, 1])
    assert (first.tolist(), at.tolist()) == ([0, 1, 2, 4], [2, 0, 1, 0, 3])
    (words, counts, suffixes, first), at = kernels.count_level(ids, offsets, by_word, at, 4, 2, 3)
    assert (words.tolist(), counts.tolist(), suffixes.tolist()) == ([0, 1, 1], [1, 1, 1], [1, 0, 0])  # aba bab <s>ab
    assert (first.tolist(), at.tolist()) == ([0, 1, 2, 3, 3], [-1, 2, 0, 1, -1])


@pytest.mark.parametrize("order", [1, 2, 4])
def test_contexts_and_ngrams_met(order):
    """As found one by one in the table."""
    table, (ids, offsets) = NGramTable.count(*text(1), 9, order), text(2)
    met = np.full((len(ids), order, 2), -1, np.int64)
    kernels.matches(ids, offsets, table.words, table.first, table.suffixes, table.levels, met)
    for begin, end in pairwise(offsets):
        sentence = [9, *ids[begin:end].tolist()]
        for last in range(1, len(sentence)):
            expected = np.full((order, 2), -1)
            for size in range(min(order, last + 1)):
                if order == 1 and size:
                    continue
                expected[size, 0] = table.find([sentence[last - size : last]])[0] if size else 0
                expected[size, 1] = table.find([sentence[last - size : last + 1]])[0]
            expected[expected[:, 0] < 0] = -1
            np.testing.assert_array_equal(met[begin + last - 1], expected)


def test_merged_levels_renumber_what_they_merge():
    one, other = (NGramTable.count(*text(seed), 9, 3) for seed in (1, 2))
    merged = one.merged(other)
    for table in (one, other):
        here = table.level(3)
        rows = table.ngrams(np.arange(here.start, here.stop), 3)
        assert (merged.find(rows) >= 0).all()
    whole = NGramTable.count(
        np.concatenate([text(1)[0], text(2)[0]]), np.concatenate([text(1)[1], text(2)[1][1:] + 300]), 9, 3
    )
    np.testing.assert_array_equal(merged.counts, whole.counts)
