from itertools import pairwise

import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.ngrams import NGramCounter, NGramTable, sentence_bounds

ARRAYS = ("words", "first", "suffixes", "levels", "counts")


def as_dictionary(table):
    """N-grams as tuples and their counts, without the start's own; −1 is the start."""
    found = {}
    for order in range(1, table.order + 1):
        here = table.level(order)
        nodes = np.arange(here.start, here.stop)
        rows = table.ngrams(nodes, order)
        rows = np.where(rows == table.vocabulary_size, -1, rows)
        found |= dict(zip(map(tuple, rows.tolist()), table.counts[here].tolist(), strict=True))
    assert len(found) == len(table.words) - 1
    del found[-1,]
    return {ngram: count for ngram, count in found.items() if len(ngram) > 1 or count}


def assert_equal(one, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_by_hand():
    """``a b a b b`` and ``b``."""
    table = NGramTable.count([0, 1, 0, 1, 1, 1], [0, 5, 6], vocabulary_size=3, order=3)
    assert as_dictionary(table) == {
        (0,): 2, (1,): 4, (-1, 0): 1, (-1, 1): 1, (0, 1): 2, (1, 0): 1, (1, 1): 1,
        (-1, 0, 1): 1, (0, 1, 0): 1, (0, 1, 1): 1, (1, 0, 1): 1,
    }  # fmt: skip
    assert table.counts[0] == 6
    assert table.counts[table.start] == 2
    assert table.words.dtype == table.first.dtype == table.suffixes.dtype == table.counts.dtype == np.int32


@pytest.mark.parametrize("order", [1, 2, 3, 5, 10])
def test_equals_plain_counts(text, plain, order):
    ids, offsets = text(order)
    table = NGramTable.count(ids, offsets, 9, order)
    assert as_dictionary(table) == plain(ids, offsets, order)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_suffixes_and_parents(text, order):
    table = NGramTable.count(*text(order), 9, order)
    for k in range(1, order + 1):
        here = table.level(k)
        rows = table.ngrams(np.arange(here.start, here.stop), k)
        np.testing.assert_array_equal(table.find(rows), np.arange(here.start, here.stop))
        np.testing.assert_array_equal(table.find(rows[:, 1:]), table.suffixes[here])
        np.testing.assert_array_equal(table.find(rows[:, :-1]), table.parents(k))
        assert table.from_start(k) - here.start == np.flatnonzero(rows[:, 0] == 9)[0]


def test_find_and_state():
    table = NGramTable.count([0, 1, 0, 1, 1, 1], [0, 5, 6], vocabulary_size=3, order=3)
    assert (table.find([[2, 2], [0, 2], [0, 0]]) == -1).all()
    assert table.find([[0, 1, 2], [0, 1, 1], [1, 1, 1]]).tolist() == [-1, table.find([[0, 1, 1]])[0], -1]
    assert table.state([]) == table.start
    assert table.state([1]) == table.find([[3, 1]])
    assert table.state([1, 0]) == table.state([1, 0], 0) == table.find([[1, 0]])  # <s> b a was not seen
    assert table.state([0, 2]) == table.find([[2]])


@pytest.mark.parametrize("blocks", [1, 2, 3, 7, 40])
def test_blocks_count_as_the_whole(text, blocks):
    ids, offsets = text(0, sentences=60)
    whole = NGramTable.count(ids, offsets, 9, 4)
    counter = NGramCounter(9, 4)
    for sentences in np.array_split(np.arange(len(offsets) - 1), blocks):
        bounds = offsets[sentences[0] : sentences[-1] + 2]
        counter.add(ids[bounds[0] : bounds[-1]], bounds - bounds[0])
    assert_equal(counter.table, whole)
    counter.add([], [0])
    counter.add([], [0, 0])
    assert_equal(counter.table, whole)
    counter.add(ids, offsets)
    np.testing.assert_array_equal(counter.table.counts, 2 * whole.counts)


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("end", [0, 8, None])
def test_a_text_may_be_cut_anywhere(text, order, end):
    """With the words before it each block counts what ends in it; 8 is no word of the text, so all is one sentence."""
    ids, _ = text(0)
    whole = NGramTable.count(ids, sentence_bounds(ids, end), 9, order, within=end is None)
    for seed in range(3):
        cuts = np.sort(np.random.default_rng(seed).integers(0, 300, 12))  # some blocks may be empty
        counter = NGramCounter(9, order)
        for first, last in pairwise([0, *cuts.tolist(), 300]):
            begin = max(first - order + 1, 0)
            within = end is None or (begin > 0 and ids[begin - 1] != end)
            counter.add(ids[begin:last], sentence_bounds(ids[begin:last], end), first - begin, within)
        assert_equal(counter.table, whole)


def test_running_text_has_no_start(plain, text):
    ids, _ = text(0)
    table = NGramTable.count(ids, [0, 300], 9, 3, within=True)
    expected = plain(ids, np.array([0, 300]), 3)
    assert as_dictionary(table) == {ngram: count for ngram, count in expected.items() if ngram[0] >= 0}
    assert table.counts[table.start] == 0


def test_sentence_bounds():
    assert sentence_bounds([1, 0, 0, 2], 0).tolist() == [0, 2, 3, 4]
    assert sentence_bounds([1, 0], 0).tolist() == [0, 2]
    assert sentence_bounds([1, 0], None).tolist() == [0, 2]
    assert sentence_bounds([], 0).tolist() == [0]


def test_an_empty_text():
    table = NGramCounter(3, 4).table
    assert as_dictionary(table) == {}
    assert table.order == 4


def test_bytes(text):
    table = NGramTable.count(*text(0), 9, 4)
    inner, leaves = table.levels[4], table.levels[5] - table.levels[4]
    assert table.bytes_per_ngram * (inner + leaves - 1) == 16 * inner + 12 * leaves + 4


@pytest.mark.parametrize("order", [0, -1, 11])
def test_orders_that_no_model_has(order):
    with pytest.raises(BadInput, match=f"order={order}: n-grams are of 1 to 10 words"):
        NGramTable.count([0], [0, 1], 2, order)
    with pytest.raises(BadInput, match=f"order={order}"):
        NGramCounter(2, order)


def test_texts_that_are_none():
    with pytest.raises(BadInput, match="ids from 0 to 2: the vocabulary's are 0 to 1"):
        NGramTable.count([0, 2], [0, 2], 2, 2)
    for offsets in ([0], [1, 2], [0, 2, 1, 2], []):
        with pytest.raises(BadInput, match="offsets must rise"):
            NGramTable.count([0, 1], offsets, 2, 2)
    with pytest.raises(ValueError, match="same vocabulary and order"):
        NGramTable.count([0], [0, 1], 2, 2).merged(NGramTable.count([0], [0, 1], 2, 3))
