"""Windowed co-occurrence counts of a text, in bounded memory."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from embedlab.kernels.jit import compiled

Cells = tuple[np.ndarray, np.ndarray, np.ndarray]  # rows, columns and values of a matrix

_EMPTY = -1
_FULL = 0.7  # of the hash table
_BYTES = 16  # of an entry: key and weight
_MERGING = 8  # times the table's memory for an entry are what sorting and handing it out takes


def cooccurrence(
    ids: np.ndarray,
    offsets: np.ndarray,
    window: int,
    by_distance: bool = True,
    memory: int = 1 << 30,
    folder: Path | None = None,
) -> Iterator[Cells]:
    """How often two words stand within a window of each other in a sentence, both ways round.

    Pairs are counted in a hash table. Whenever it is full it is sorted and written to disk, and in the end what was
    written is merged, one range of pairs at a time.

    Args:
        ids: int32, the text as indices of words; may be a memory map.
        offsets: int64 ``(sentences + 1,)``, where each sentence starts.
        window: words to each side.
        by_distance: a pair at distance d counts 1/d, as in GloVe; otherwise 1.
        memory: bytes for counting at most, and about as many for merging.
        folder: where the temporary files go; the system's by default.

    Yields:
        Rows and columns int32 and values float64, of each pair once over all parts, in ascending order of
        ``(min(i, j), max(i, j))``, a pair ``i ≠ j`` in both orders within the same part.

    Raises:
        OSError: if the disk is full.
    """
    # The table is sorted in copies of its keys, its order and its weights.
    most_pairs = window * (len(ids) + 1)
    size = 1 << int(np.log2(max(min(memory / (2 * _BYTES), 2 * most_pairs / _FULL), 64)))
    keys, weights = np.full(size, _EMPTY, np.int64), np.zeros(size)
    with tempfile.TemporaryDirectory(dir=folder) as runs:
        written: list[tuple[np.ndarray, np.ndarray]] = []
        used, sentence, centre = 0, 0, 0
        while sentence < len(offsets) - 1:
            used, sentence, centre = _count(ids, offsets, sentence, centre, window, by_distance, keys, weights, used)
            if sentence < len(offsets) - 1:  # the table is full
                if used <= 0.1 * size:
                    raise ValueError(f"memory={memory} is too little for a window of {window}")
                written.append(_write_run(Path(runs) / str(len(written)), *_sorted(keys, weights)))
                keys[:], weights[:], used = _EMPTY, 0, 0
        last = _sorted(keys, weights)
        del keys, weights
        for pairs, counts in _merged([*written, last], size // _MERGING):
            yield _both_ways(pairs, counts)


def _sorted(keys: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    used = np.flatnonzero(keys != _EMPTY)
    used = used[np.argsort(keys[used])]
    return keys[used], weights[used]


def _write_run(stem: Path, keys: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mapped = []
    for name, values in (("keys", keys), ("weights", weights)):
        file = stem.with_name(f"{stem.name}.{name}.npy")
        np.save(file, values)
        mapped.append(np.load(file, mmap_mode="r"))
    return mapped[0], mapped[1]


def _merged(runs: list[tuple[np.ndarray, np.ndarray]], most: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Sorted runs to one, in parts of about ``most`` entries before they are added up, or fewer."""
    starts = [0] * len(runs)
    step = max(most // max(len(runs), 1), 1)
    while any(start < len(keys) for start, (keys, _) in zip(starts, runs, strict=True)):
        # Up to the least key that one of the runs has `step` entries ahead: no run then gives more than that.
        ends = [
            int(keys[min(s + step, len(keys)) - 1]) for s, (keys, _) in zip(starts, runs, strict=True) if s < len(keys)
        ]
        end = min(ends)
        stops = [int(np.searchsorted(keys, end, side="right")) for keys, _ in runs]
        parts = [slice(start, stop) for start, stop in zip(starts, stops, strict=True)]
        keys = np.concatenate([run[0][part] for run, part in zip(runs, parts, strict=True)])
        weights = np.concatenate([run[1][part] for run, part in zip(runs, parts, strict=True)])
        order = np.argsort(keys, kind="stable")
        keys, weights = keys[order], weights[order]
        firsts = np.flatnonzero(np.diff(keys, prepend=_EMPTY))
        yield keys[firsts], np.add.reduceat(weights, firsts)
        starts = stops


def _both_ways(keys: np.ndarray, weights: np.ndarray) -> Cells:
    low, high = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    other = low != high
    values = np.where(other, weights, 2 * weights)  # a word beside itself is met from either side
    return (
        np.concatenate([low, high[other]]), np.concatenate([high, low[other]]), np.concatenate([values, values[other]])
    )  # fmt: skip


@compiled
def _count(ids, offsets, sentence, centre, window, by_distance, keys, weights, used):  # type: ignore[no-untyped-def]
    """Counts on from a word of a sentence until the text ends or the table has no room for a further word's pairs."""
    mask = np.int64(len(keys) - 1)
    most = np.int64(_FULL * len(keys)) - window
    while sentence < len(offsets) - 1:
        begin, end = offsets[sentence], offsets[sentence + 1]
        for position in range(begin + centre, end):
            if used > most:
                return used, sentence, position - begin
            word = np.int64(ids[position])
            for before in range(max(begin, position - window), position):
                other = np.int64(ids[before])
                key = min(word, other) << 32 | max(word, other)
                spread = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
                cell = np.int64(spread >> np.uint64(32)) & mask
                while keys[cell] != key:
                    if keys[cell] == _EMPTY:
                        keys[cell] = key
                        used += 1
                        break
                    cell = (cell + 1) & mask
                weights[cell] += 1 / (position - before) if by_distance else 1.0
        sentence, centre = sentence + 1, 0
    return used, sentence, 0
