"""Counting pairs of neighbours in a stream of ids, and joining pairs into one."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from embedlab.kernels.jit import compiled

_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_NOTHING = -2  # no id is left over from the block before


class PairTable:
    """How often each pair of ids stands side by side, in an open-addressing table of 16 bytes a slot."""

    def __init__(self, wanted: NDArray[np.bool_], slots: int = 1 << 12) -> None:
        """Counts nothing yet.

        Args:
            wanted: ``(ids,)``; pairs with an id that is not wanted are not counted, which saves memory.
            slots: to begin with, a power of two.
        """
        self._wanted = wanted
        self._keys, self._values = np.zeros(slots, np.uint64), np.zeros(slots, np.int64)
        self._state = np.array([-1, 0], np.int64)  # the id before, pairs in use

    def add(self, stream: NDArray[np.int32]) -> None:
        """Counts on; ``-1`` is no neighbour of anything."""
        place = 0
        while (place := _count(stream, place, self._wanted, self._keys, self._values, self._state)) < len(stream):
            keys, values = np.zeros(4 * len(self._keys), np.uint64), np.zeros(4 * len(self._keys), np.int64)
            _copy(self._keys, self._values, keys, values)
            self._keys, self._values = keys, values

    def pairs(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Pairs ``(k, 2)`` in ascending order, and how often each occurred."""
        used = np.flatnonzero(self._keys)
        keys = self._keys[used]
        order = np.argsort(keys)
        keys, counts = keys[order], self._values[used][order]
        low = np.uint64(0xFFFFFFFF)
        return np.stack([keys >> np.uint64(32), (keys & low) - np.uint64(1)], axis=1).astype(np.int32), counts


class PairJoiner:
    """Replaces pairs in a stream by ids of their own, from left to right; an id takes part in one pair at most."""

    def __init__(self, pairs: NDArray[np.int32], ids: NDArray[np.int64]) -> None:
        """Pairs ``(k, 2)`` and the id of each ``(k,)``."""
        size = 1 << (len(pairs).bit_length() + 1)
        self._keys, self._ids = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        keys = (pairs[:, 0].astype(np.uint64) << np.uint64(32)) | (pairs[:, 1].astype(np.uint64) + np.uint64(1))
        _copy(keys, ids.astype(np.int64), self._keys, self._ids)
        self._before = _NOTHING

    def join(self, stream: NDArray[np.int32]) -> NDArray[np.int32]:
        """The new ids of a block; its last id waits for the next block's first, or for :meth:`rest`."""
        out = np.empty(len(stream) + 1, np.int32)
        written, self._before = _join(stream, self._keys, self._ids, self._before, out)
        return out[:written]

    def rest(self) -> NDArray[np.int32]:
        """The id left over at the end, if there is one."""
        left, self._before = self._before, _NOTHING
        return np.array([] if left == _NOTHING else [left], np.int32)


def count_pairs(sentences: Iterable[Iterable[int]]) -> Counter[tuple[int, int]]:
    """What :class:`PairTable` counts if all ids are wanted, in plain Python: the reference of its tests."""
    counts: Counter[tuple[int, int]] = Counter()
    for ids in sentences:
        row = list(ids)
        counts.update(pairwise(row))
    return counts


@compiled
def _slot(keys, key):  # type: ignore[no-untyped-def]
    """Where the key is, or would be."""
    mask = uint64(len(keys) - 1)
    h = key * _MIX
    slot = (h ^ (h >> _HALF)) & mask
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + uint64(1)) & mask
    return slot


@compiled
def _key(first, second):  # type: ignore[no-untyped-def]
    return (uint64(first) << _HALF) | (uint64(second) + uint64(1))


@compiled
def _count(stream, place, wanted, keys, values, state):  # type: ignore[no-untyped-def]
    """Counts until the end, or until the table must grow; the place reached."""
    before = state[0]
    while place < len(stream):
        now = np.int64(stream[place])
        if now >= 0 and not wanted[now]:
            now = np.int64(-1)
        if before >= 0 and now >= 0:
            key = _key(before, now)
            slot = _slot(keys, key)
            if keys[slot] == 0:
                if 2 * state[1] >= len(keys):
                    break
                keys[slot] = key
                state[1] += 1
            values[slot] += 1
        before = now
        place += 1
    state[0] = before
    return place


@compiled
def _copy(keys, values, new_keys, new_values):  # type: ignore[no-untyped-def]
    for k in range(len(keys)):
        if keys[k] != 0:
            slot = _slot(new_keys, keys[k])
            new_keys[slot] = keys[k]
            new_values[slot] = values[k]


@compiled
def _join(stream, keys, values, before, out):  # type: ignore[no-untyped-def]
    written = 0
    for k in range(len(stream)):
        now = np.int64(stream[k])
        if before >= 0 and now >= 0:
            slot = _slot(keys, _key(before, now))
            if keys[slot] != 0:
                out[written] = values[slot]
                written += 1
                before = np.int64(_NOTHING)
                continue
        if before != _NOTHING:
            out[written] = before
            written += 1
        before = now
    return written, before
