"""Windows made by tensors are those a loop over the sentences finds."""

from itertools import pairwise

import numpy as np
import torch

from embedlab.kernels.word_random import keep_thresholds
from embedlab.losses.text_groups import text_groups

OFFSETS = torch.tensor([0, 4, 5, 12, 13, 40])
ALL = torch.full((50,), 2**32 - 1)


def found(window, keep=ALL, seed=0, ids=None, size=8):
    """Each word with the words in its window, in order, and all of the text that is left."""
    ids = torch.arange(40) if ids is None else ids
    groups = text_groups(ids, OFFSETS, keep, window, torch.Generator().manual_seed(seed), size)
    assert groups.around.shape[1] == size + 2 * window
    return [
        (int(word), around[windows].tolist())
        for words, around, group in zip(*groups, strict=True)
        for word, windows in zip(words, group, strict=True)
    ]


def test_a_window_ends_with_its_sentence():
    ends = OFFSETS.tolist()
    for place, (word, around) in enumerate(found(1)):
        assert word == place
        begin, end = next((a, b) for a, b in pairwise(ends) if a <= place < b)
        assert around == [other for other in (place - 1, place + 1) if begin <= other < end]


def test_each_size_of_window_is_as_likely_as_any_other():
    sizes = []
    for seed in range(300):
        word, around = found(3, seed=seed)[20]
        size = len(around) // 2
        assert (word, around) == (20, [*range(20 - size, 20), *range(21, 21 + size)])
        sizes.append(size)
    np.testing.assert_allclose(np.bincount(sizes), [0, 100, 100, 100], atol=40)


def test_thinned_words_are_gone_from_windows_too():
    counts = np.array([900, 100])
    keep = torch.from_numpy(keep_thresholds(counts, 0.01).astype(np.int64))
    ids = (torch.arange(40) % 10 == 0).long()
    left = [found(1, keep, seed, ids) for seed in range(200)]
    frequent = sum(word == 0 and bool(around) for text in left for word, around in text)
    assert 36 * 200 * 0.05 < frequent < 36 * 200 * 0.12  # of √(0.01 / 0.9) + 0.01 / 0.9 = 0.117, less those alone
    assert found(1, torch.zeros(2, dtype=torch.int64) - 1, ids=ids) == [(0, [])] * 8
