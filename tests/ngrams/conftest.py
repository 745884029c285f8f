"""A small text, and n-grams of it counted in the plainest way."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

START = -1


def plain_counts(ids, offsets, order):
    """How often each n-gram occurs, as tuples; the start of a sentence is −1."""
    counts = Counter()
    for begin, end in pairwise(offsets):
        sentence = [START, *ids[begin:end].tolist()]
        for last in range(1, len(sentence)):
            for size in range(1, min(order, last + 1) + 1):
                counts[tuple(sentence[last - size + 1 : last + 1])] += 1
    return counts


def random_text(seed, words=9, length=300, sentences=40):
    """Ids by Zipf's law, of which the last never occurs, and where sentences start."""
    draw = np.random.default_rng(seed)
    ids = np.minimum(draw.zipf(1.5, length) - 1, words - 2).astype(np.int32)
    return ids, np.unique(np.concatenate([[0, length], draw.integers(0, length, sentences)]))


@pytest.fixture
def plain():
    return plain_counts


@pytest.fixture
def text():
    return random_text
