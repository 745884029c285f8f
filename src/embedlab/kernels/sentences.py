"""From a stream of provisional ids to sentences of final ones."""

import numpy as np
from numpy.typing import NDArray

from embedlab.kernels.jit import compiled
from embedlab.kernels.vocabulary import SENTENCE_END


class SentenceEncoder:
    """Renumbers ids, drops those without a number and finds where sentences end, block by block.

    A sentence ends at a ``-1``, and after ``max_sentence`` words that are kept; one left without words is none.
    """

    def __init__(self, numbers: NDArray[np.int32], max_sentence: int | None = None, end: int | None = None) -> None:
        """The stream's ids are numbered anew.

        Args:
            numbers: ``(old ids,)``, the new id of each, ``-1`` for those dropped.
            max_sentence: longer sentences are cut into pieces of so many words.
            end: id written at the end of each sentence (not where one is cut); it is not counted as a word of it.
        """
        self._numbers = numbers
        self._limit = max_sentence or np.iinfo(np.int64).max
        self._end = -1 if end is None else end
        self._state = np.zeros(2, np.int64)  # words of the open sentence, ids written

    def encode(self, stream: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """New ids, and how many ids had been written in all when each sentence of the block ended."""
        ids, bounds = np.empty(2 * len(stream), np.int32), np.empty(len(stream), np.int64)
        written, ended = _encode(stream, self._numbers, self._limit, self._end, self._state, ids, bounds)
        return ids[:written], bounds[:ended]


@compiled
def _encode(stream, numbers, limit, end, state, ids, bounds):  # type: ignore[no-untyped-def]
    length, total = state
    written = ended = 0
    for k in range(len(stream)):
        old = stream[k]
        if old == SENTENCE_END:
            if length > 0:
                if end >= 0:
                    ids[written] = end
                    written += 1
                bounds[ended] = total + written
                ended += 1
                length = 0
            continue
        new = numbers[old]
        if new < 0:
            continue
        if length == limit:
            bounds[ended] = total + written
            ended += 1
            length = 0
        ids[written] = new
        written += 1
        length += 1
    state[0], state[1] = length, total + written
    return written, ended
