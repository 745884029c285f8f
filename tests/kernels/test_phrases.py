import numpy as np

from embedlab.kernels.phrases import PairJoiner, PairTable, count_pairs


def test_pairs_against_plain_python():
    """Blocks that end between sentences and inside them; a table that must grow."""
    random = np.random.default_rng(0)
    sentences = [random.integers(0, 200, size).tolist() for size in random.integers(0, 30, 2000)]
    stream = np.array([k for row in sentences for k in [*row, -1]], np.int32)
    table = PairTable(np.ones(200, bool), slots=2)
    for block in np.array_split(stream, 9):
        table.add(block)
    pairs, counts = table.pairs()
    assert dict(zip(map(tuple, pairs.tolist()), counts.tolist(), strict=True)) == count_pairs(sentences)
    assert pairs.tolist() == sorted(pairs.tolist())


def test_unwanted_ids_are_in_no_pair():
    table = PairTable(np.array([True, False, True]))
    table.add(np.array([0, 2, 1, 0, 2, -1, 2, 1, 2], np.int32))
    assert [part.tolist() for part in table.pairs()] == [[[0, 2]], [2]]


def test_pairs_are_joined_from_the_left_wherever_blocks_end():
    pairs, ids = np.array([[0, 1], [1, 1], [0, 0]], np.int32), np.array([10, 11, 12])
    stream = np.array([0, 1, 1, -1, 1, 1, 1, -1, 0, -1, 1, 0, 0, 0, 1], np.int32)
    expected = [10, 1, -1, 11, 1, -1, 0, -1, 1, 12, 10]
    for blocks in range(1, 16):
        joiner = PairJoiner(pairs, ids)
        parts = [joiner.join(block) for block in np.array_split(stream, blocks)]
        assert np.concatenate([*parts, joiner.rest()]).tolist() == expected


def test_no_pairs_change_nothing():
    joiner = PairJoiner(np.empty((0, 2), np.int32), np.empty(0, np.int64))
    stream = np.array([3, -1, 4], np.int32)
    assert [*joiner.join(stream), *joiner.rest(), *joiner.rest()] == [3, -1, 4]
