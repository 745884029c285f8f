from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from embedlab.kernels import cooccurrence as module
from embedlab.kernels.cooccurrence import cooccurrence


def brute_force(ids, offsets, window, by_distance):
    counts = Counter()
    for begin, end in pairwise(offsets):
        for centre in range(begin, end):
            for other in range(max(begin, centre - window), min(end, centre + window + 1)):
                if other != centre:
                    counts[int(ids[centre]), int(ids[other])] += 1 / abs(other - centre) if by_distance else 1
    return counts


def text(words=400, length=20_000):
    draw = np.random.default_rng(0)
    ids = np.minimum(draw.zipf(1.3, length) - 1, words - 1).astype(np.int32)
    return ids, np.unique(np.concatenate([[0, length], draw.integers(0, length, 300)]))


@pytest.mark.parametrize("by_distance", [True, False])
@pytest.mark.parametrize("memory", [1 << 26, 1 << 16, 1 << 13])
def test_equals_a_count_by_brute_force(memory, by_distance, monkeypatch, tmp_path):
    """In one table; in several that are written to disk and merged in parts."""
    runs = []
    write = module._write_run
    monkeypatch.setattr(module, "_write_run", lambda *arguments: runs.append(1) or write(*arguments))
    ids, offsets = text()
    parts = list(cooccurrence(ids, offsets, 4, by_distance, memory=memory, folder=tmp_path))
    rows, columns, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    found = dict(zip(zip(rows.tolist(), columns.tolist(), strict=True), values.tolist(), strict=True))
    expected = brute_force(ids, offsets, 4, by_distance)
    assert len(found) == len(rows)
    assert found.keys() == expected.keys()
    assert all(found[pair] == pytest.approx(count, rel=1e-9) for pair, count in expected.items())
    assert (len(runs) == 0) == (len(parts) == 1) == (memory == 1 << 26)
    assert max(len(part[0]) for part in parts) <= memory // 64
    assert not list(tmp_path.iterdir())


def test_a_text_without_pairs():
    assert [len(part[0]) for part in cooccurrence(np.array([1, 2], np.int32), np.array([0, 1, 1, 2]), 5)] in ([], [0])


def test_too_little_memory_is_said():
    ids, offsets = text()
    with pytest.raises(ValueError, match="memory=100 is too little for a window of 60"):
        list(cooccurrence(ids, offsets, 60, memory=100))
