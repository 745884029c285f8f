"""UTF-8 text into words: everything that is no word becomes white space."""

import numpy as np
from numpy.typing import NDArray

from embedlab.kernels.jit import compiled
from embedlab.kernels.vocabulary import PADDING

OTHER, WORD, JOINER = range(3)  # classes of characters


def blank_out_others(block: NDArray[np.uint8], classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The words of a block, each followed by a space or, where a line ended, a newline.

    A joiner belongs to a word if it stands alone between two of its characters.

    Args:
        block: UTF-8 of whole characters ``(n + PADDING,)``; the last ``PADDING`` bytes are spaces.
        classes: ``OTHER``, ``WORD`` or ``JOINER`` for each code point ``(0x110000,)``.

    Returns:
        Bytes ``(m + PADDING,)``, ``m ≤ n + 1``, the last ``PADDING`` of them spaces.

    Raises:
        UnicodeDecodeError: the block is not UTF-8.
    """
    end = len(block) - PADDING
    out = np.empty(len(block) + 1, np.uint8)
    size = _split(block, end, classes, out)
    if size < 0:
        place = -1 - size
        raise UnicodeDecodeError("utf-8", block[place : place + 16].tobytes(), 0, 1, "invalid byte")
    out[size : size + PADDING] = 32
    return out[: size + PADDING]


@compiled
def _split(block, end, classes, out):  # type: ignore[no-untyped-def]
    """How many bytes are written; ``-1 − place`` where the text is not UTF-8."""
    size = 0
    at = 0
    inside = False  # a word
    pending = -1  # where a joiner began that may yet turn out to be inside a word
    while at < end:
        lead = np.int64(block[at])
        if lead < 128:
            code, length = lead, 1
        else:
            if lead < 0xC2 or lead > 0xF4:
                return -1 - at
            length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            code = lead & (0xFF >> (length + 1))
            for k in range(1, length):
                byte = np.int64(block[at + k])
                if byte & 0xC0 != 0x80:
                    return -1 - at
                code = (code << 6) | (byte & 0x3F)
            if code > 0x10FFFF or (length == 3 and code < 0x800) or (length == 4 and code < 0x10000):
                return -1 - at
        kind = classes[code]
        if kind == WORD:
            start = at
            if pending >= 0:
                start = pending
                pending = -1
            for k in range(start, at + length):
                out[size] = block[k]
                size += 1
            inside = True
        elif kind == JOINER and inside and pending < 0:
            pending = at
        else:
            if inside or code == 10:
                out[size] = 10 if code == 10 else 32
                size += 1
                inside = False
            pending = -1
        at += length
    if inside:
        out[size] = 32
        size += 1
    return size
