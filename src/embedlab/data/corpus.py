"""A corpus as numbers on disk."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.data.cooccurrence import cooccurrence_cells
from embedlab.data.made_once import FINGERPRINT
from embedlab.kernels.cooccurrence import Cells
from embedlab.text.vocabulary import Vocabulary

IDS, OFFSETS, VOCABULARY = "ids.npy", "offsets.npy", "vocabulary.txt"


@dataclass(frozen=True)
class Corpus:
    """Sentences of word numbers, memory-mapped; :class:`embedlab.data.preparation.Preparation` makes them from text.

    Attributes:
        directory: holds ``ids.npy``, ``offsets.npy``, ``vocabulary.txt`` (a line ``word count`` each) and
            ``fingerprint.json`` (what it was made from, and how).
    """

    directory: Path

    @cached_property
    def ids(self) -> NDArray[np.int32]:
        """Numbers of all words kept, sentence after sentence: ``(words,)``."""
        return np.load(self.directory / IDS, mmap_mode="r")

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Sentence ``i`` is ``ids[offsets[i]:offsets[i + 1]]``: ``(sentences + 1,)``. None is empty."""
        return np.load(self.directory / OFFSETS, mmap_mode="r")

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words; their counts are those of ``ids``, or of the text that the vocabulary is from."""
        return Vocabulary.load(self.directory / VOCABULARY)

    @cached_property
    def fingerprint(self) -> dict[str, Any]:
        """Sources, preparation, and how many words were read."""
        return json.loads((self.directory / FINGERPRINT).read_text())

    def __len__(self) -> int:
        """Number of sentences."""
        return len(self.offsets) - 1

    def blocks(self, words: int, first: int = 0, last: int | None = None) -> NDArray[np.int64]:
        """Bounds ``(blocks + 1,)`` that part sentences ``first`` to ``last`` into blocks of about so many words.

        Block ``i`` is the sentences from ``bounds[i]`` to ``bounds[i + 1]``; each holds at least one.
        """
        last = len(self) if last is None else last
        places = np.arange(self.offsets[first], self.offsets[last], words)
        return np.unique(np.concatenate([[first], np.searchsorted(self.offsets, places), [last]]))

    def cooccurrence(self, window: int, by_distance: bool) -> Cells:
        """How often two words stand within a window of each other, counted on first use.

        See :func:`embedlab.data.cooccurrence.cooccurrence_cells`.
        """
        return cooccurrence_cells(self.directory, self.ids, self.offsets, window, by_distance)

    def __getitem__(self, sentence: int) -> NDArray[np.int32]:
        """Numbers of a sentence's words."""
        if not 0 <= sentence < len(self):
            raise IndexError(sentence)
        return self.ids[self.offsets[sentence] : self.offsets[sentence + 1]]


def cache_directory(given: str | Path | None = None) -> Path:
    """Where prepared corpora are kept: as given, ``EMBEDLAB_CACHE``, or ``~/.cache/embedlab``."""
    return Path(given or os.environ.get("EMBEDLAB_CACHE") or Path.home() / ".cache" / "embedlab").expanduser()
