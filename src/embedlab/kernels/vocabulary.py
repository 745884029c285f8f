"""Counting and numbering words straight from bytes.

A word is cut into cells of 8 bytes, the last filled with zeros (a word of 8·n bytes gets a cell of zeros), so no word's
cells begin another's. All words lie in one arena of cells, as ``count, number, cells…``; an open-addressing table holds
for each a tag of 32 bits of its hash and its place in the arena. Words are told apart by their cells, not by the hash.
Memory is bounded by the vocabulary: 8 bytes a cell, and 16 to 32 bytes of table a word.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from embedlab.kernels.bits import load_cell, white
from embedlab.kernels.jit import compiled

PADDING = 16  # bytes of white space that must follow a block
SENTENCE_END = -1  # in a stream of ids
WORD_BYTES = 1 << 16  # a longer word means that the file is no text, or not of words between spaces

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FINISH = np.uint64(0xD6E8FEB86659FD93)


class WordTable:
    """The distinct words seen so far, in the order of their first appearance, each with its count."""

    def __init__(self, slots: int = 1 << 12) -> None:
        self._slots, self._arena = np.zeros(slots, np.uint64), np.zeros(4 * slots, np.uint64)
        self._state = np.array([0, 1], np.int64)  # words, cells in use; cell 0 stays free: an empty slot is zero

    def __len__(self) -> int:
        return int(self._state[0])

    def add(self, block: NDArray[np.uint8], lines: bool = True) -> NDArray[np.int32]:
        """Counts the words of a block and returns their numbers ``(tokens,)``, ``-1`` where a line ends.

        Args:
            block: bytes ``(n + PADDING,)``; a run of bytes above 32 is a word, the last ``PADDING`` bytes are spaces.
            lines: a newline ends a sentence; otherwise it is white space.

        Raises:
            ValueError: a word is longer than ``WORD_BYTES``.
        """
        end = len(block) - PADDING
        out = np.empty(end + 1, np.int32)
        place, written, newline = 0, 0, 10 if lines else -1
        while True:
            place, written = _scan(block, place, end, self._slots, self._arena, self._state, out, written, newline)
            if place < 0:
                raise ValueError(f"a word of more than {WORD_BYTES} bytes")
            if place >= end:
                return out[:written]
            self._grow()

    def counts(self) -> NDArray[np.int64]:
        """How often each word occurred."""
        counts = np.empty(len(self), np.int64)
        _counts(self._arena, self._state[1], counts)
        return counts

    def words(self, start: int = 1) -> list[str]:
        """The words; or those since ``start``, an earlier :attr:`cells`.

        Raises:
            UnicodeDecodeError: a word is not UTF-8.
        """
        text = np.empty(8 * (self.cells - start), np.uint8)
        size = _spell(self._arena.view(np.uint8), start, self.cells, text)
        return text[:size].tobytes().decode().split("\n")[:-1]

    @property
    def cells(self) -> int:
        """Cells of the arena in use."""
        return int(self._state[1])

    def _grow(self) -> None:
        if 2 * len(self) >= len(self._slots):
            self._slots = _rehashed(self._slots)
        room = self.cells + WORD_BYTES // 8 + 4
        if room > len(self._arena):
            if room > 1 << 32:
                raise ValueError("the distinct words take more than 32 GB")
            arena = np.zeros(max(room, len(self._arena) * 3 // 2), np.uint64)
            arena[: self.cells] = self._arena[: self.cells]
            self._arena = arena


def count_words(blocks: Iterable[bytes]) -> Counter[bytes]:
    """What :class:`WordTable` counts, in plain Python: the reference of its tests. No word goes across blocks."""
    spaces = bytes.maketrans(bytes(range(33)), b" " * 33)
    return Counter(word for block in blocks for word in block.translate(spaces).split(b" ") if word)


@compiled
def _scan(block, place, end, slots, arena, state, out, written, newline):  # type: ignore[no-untyped-def]
    """Numbers words until the end, or until table or arena must grow; the place reached (-1: a word too long)."""
    base = np.int64(block.ctypes.data)
    mask = uint64(len(slots) - 1)
    while place < end:
        first = load_cell(base + place)
        length = white(first)
        if length == 0:
            if block[place] == newline:
                out[written] = SENTENCE_END
                written += 1
            place += 1
            continue
        last = place  # where the word's last cell begins
        h = uint64(0)
        while length == 8:
            h = (h ^ first) * _MIX
            h ^= h >> _HALF
            last += 8
            first = load_cell(base + last)
            length = white(first)
        cell = first & ((uint64(1) << uint64(8 * length)) - uint64(1))
        h = (h ^ cell) * _MIX
        h ^= h >> _HALF
        tag = (h * _FINISH) >> _HALF

        slot = tag & mask
        while True:
            entry = slots[slot]
            if entry == 0:
                break
            if entry >> _HALF == tag:
                record = np.int64(entry & _LOW)
                at, there = place, record + 2
                while at < last and arena[there] == load_cell(base + at):
                    at += 8
                    there += 1
                if at == last and arena[there] == cell:
                    break
            slot = (slot + uint64(1)) & mask
        if entry == 0:
            cells = (last - place) // 8 + 1
            if 8 * cells > WORD_BYTES:
                return -1, written
            if 2 * state[0] >= len(slots) or state[1] + 2 + cells > len(arena):
                return place, written
            record = state[1]
            arena[record] = 0
            arena[record + 1] = uint64(state[0])
            for k in range(cells - 1):
                arena[record + 2 + k] = load_cell(base + place + 8 * k)
            arena[record + 1 + cells] = cell
            slots[slot] = (tag << _HALF) | uint64(record)
            state[0] += 1
            state[1] += 2 + cells
        arena[record] += uint64(1)
        out[written] = np.int32(arena[record + 1])
        written += 1
        place = last + length
    return place, written


@compiled
def _rehashed(old):  # type: ignore[no-untyped-def]
    new = np.zeros(4 * len(old), np.uint64)
    mask = uint64(len(new) - 1)
    for entry in old:
        if entry != 0:
            slot = (entry >> _HALF) & mask
            while new[slot] != 0:
                slot = (slot + uint64(1)) & mask
            new[slot] = entry
    return new


@compiled
def _counts(arena, end, counts):  # type: ignore[no-untyped-def]
    record = 1
    for n in range(len(counts)):
        counts[n] = np.int64(arena[record])
        record += 2
        while arena[record] >> uint64(56) != 0:  # only a last cell has a zero on top
            record += 1
        record += 1


@compiled
def _spell(bytes_, start, end, text):  # type: ignore[no-untyped-def]
    """The words of the records from start to end, a newline after each; how many bytes they take."""
    size, at = 0, 8 * start
    while at < 8 * end:
        at += 16
        while bytes_[at] != 0:
            text[size] = bytes_[at]
            size += 1
            at += 1
        text[size] = 10
        size += 1
        at = (at // 8 + 1) * 8
    return size
