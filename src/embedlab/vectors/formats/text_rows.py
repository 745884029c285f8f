"""Lines of a word and its numbers, in blocks: what word2vec's and GloVe's text formats share."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.vectors.formats.files import decoded, encoded

_BLOCK = 8 * 2**20  # bytes of text that are parsed at a time
_ROWS = 4096  # that are written at a time
_SEPARATORS = " \t\n\r\v\f\0"


def read_rows(file: IO[bytes], path: Path, dim: int, line: int) -> tuple[list[str], NDArray[np.float32]]:
    """The words and ``(V, dim)`` numbers of all lines from here on.

    Args:
        file: read on from where it stands.
        path, line: what to call it in a complaint, and the number of its next line.
        dim: numbers a line.

    Raises:
        BadInput: names the first line that is not a word and ``dim`` finite numbers.
    """
    words: list[str] = []
    blocks = [np.empty((0, dim), np.float32)]
    while raw := file.readlines(_BLOCK):
        lines = [text.rstrip().replace(b"\t", b" ") for text in raw]
        names, block = _parse(lines, dim) or _parse_with_care(lines, dim, path, line)
        words += map(decoded, names)
        blocks.append(block)
        line += len(lines)
    return words, np.concatenate(blocks)


def write_rows(file: IO[bytes], path: Path, words: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """A line for each word, with numbers of nine digits: they give the same float32 again."""
    names = encoded(words, path, _SEPARATORS)
    numbers = b" %.9g" * vectors.shape[1] + b"\n"
    for start in range(0, len(names), _ROWS):
        rows = vectors[start : start + _ROWS].tolist()
        file.write(b"".join(name + numbers % tuple(row) for name, row in zip(names[start:], rows, strict=False)))


def _parse(lines: list[bytes], dim: int) -> tuple[list[bytes], NDArray[np.float32]] | None:
    """All lines at once; None where not every one is a word, single spaces and ``dim`` finite numbers."""
    if any(text.count(b" ") != dim for text in lines):
        return None
    names, numbers = zip(*(text.split(b" ", 1) for text in lines), strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # how NumPy says that it met something else
        try:
            block = np.fromstring(b" ".join(numbers), np.float32, sep=" ")
        except (DeprecationWarning, ValueError):
            return None
    if block.size != dim * len(lines) or not np.isfinite(block).all() or not all(names):
        return None
    return list(names), block.reshape(-1, dim)


def _parse_with_care(lines: list[bytes], dim: int, path: Path, line: int) -> tuple[list[bytes], NDArray[np.float32]]:
    """The same line by line: more spaces and empty lines are well, and a bad line is found."""
    names, rows = [], []
    for number, text in enumerate(lines, line):
        name, *numbers = text.split() or [b""]
        if not name:
            continue
        row = _floats(numbers)
        if len(numbers) != dim or row is None:
            raise BadInput(f"{path}, line {number}: {_complaint(numbers, dim)}")
        if not np.isfinite(row).all():
            raise BadInput(f"{path}, line {number}: the vector of {decoded(name)!r} holds NaN or infinity")
        names.append(name)
        rows.append(row)
    return names, np.array(rows, np.float32).reshape(-1, dim)


def _complaint(numbers: list[bytes], dim: int) -> str:
    if len(numbers) > dim and _floats(numbers[-dim:]) is not None and _floats(numbers) is None:
        return f"more than one word before the {dim} numbers; a word holds no space in this format"
    if len(numbers) != dim:
        return f"{len(numbers)} numbers after the word where {dim} are expected; is the file cut short?"
    wrong = next(text for text in numbers if _floats([text]) is None)
    return f"{decoded(wrong[:40])!r} is not a number"


def _floats(numbers: list[bytes]) -> NDArray[np.float32] | None:
    try:
        return np.array([float(number) for number in numbers]).astype(np.float32)
    except ValueError:
        return None
