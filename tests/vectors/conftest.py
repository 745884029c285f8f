"""Small vectors for every test of the room."""

import numpy as np
import pytest

from embedlab.vectors import SubwordVectors, WordVectors

WORDS = ["the", "cat", "Кошка", "new_york", "naïve", "日本", "a", "b", "running", "runs", "ran", "</s>"]


@pytest.fixture
def vectors() -> WordVectors:
    """Twelve words of two scripts and more, six dimensions, numbers of all sizes."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(len(WORDS), 6)) * 10.0 ** rng.integers(-8, 4, size=(len(WORDS), 6))
    return WordVectors(WORDS, rows.astype(np.float32), counts=np.arange(len(WORDS), 0, -1) * 10)


@pytest.fixture
def with_subwords() -> WordVectors:
    """The same words as fastText keeps them: 50 buckets of n-grams of 2 to 4 characters."""
    rng = np.random.default_rng(1)
    own, ngrams = (rng.normal(size=(n, 6)).astype(np.float32) for n in (len(WORDS), 50))
    subwords = SubwordVectors(own, ngrams, 2, 4)
    counts = np.arange(len(WORDS), 0, -1) * 10
    outputs = rng.normal(size=(len(WORDS), 6)).astype(np.float32)
    return WordVectors(
        WORDS, subwords.of_words(WORDS), counts, subwords, outputs, {"window": 7, "architecture": "cbow"}
    )
