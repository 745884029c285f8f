"""word2vec's formats, text (also fastText's ``.vec``) and binary: a line ``V D``, then V times a word and D numbers."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.vectors.formats.files import contents, decoded, encoded, opened, replacing
from embedlab.vectors.formats.text_rows import read_rows, write_rows
from embedlab.vectors.word_vectors import WordVectors, first_not_finite

HEADER = re.compile(rb"\s*(\d{1,18})\s+(\d{1,9})\s*")
_LONGEST_HEADER = 64  # bytes
_CONTROL = re.compile(rb"[\0-\x1f\x7f]")


def read_text(path: Path) -> WordVectors:
    """Read text.

    Raises:
        BadInput: wrong header; more or fewer words than it says; a bad line.
    """
    with opened(path) as file:
        count, dim = _sizes(file.readline(_LONGEST_HEADER), path)
        words, rows = read_rows(file, path, dim, line=2)
    if len(words) != count:
        cut = "cut short: " if len(words) < count else ""
        raise BadInput(f"{path}, line 1: {cut}{count} words are announced, {len(words)} follow")
    return _distinct(words, rows, path)


def write_text(vectors: WordVectors, path: Path) -> None:
    """Write text; subwords, counts and the rest stay behind."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(b"%d %d\n" % vectors.vectors.shape)
        write_rows(file, path, vectors.index_to_key, vectors.vectors)


def read_binary(path: Path) -> WordVectors:
    """Read binary: float32, little endian; a line break after each vector, as word2vec writes it, or none, as gensim.

    Raises:
        BadInput: wrong header; cut short; what should be a word is none; numbers that aren't finite.
    """
    data = contents(path)
    at = data.find(b"\n", 0, _LONGEST_HEADER) + 1
    count, dim = _sizes(bytes(data[: at or _LONGEST_HEADER]), path)
    if count * (4 * dim + 2) > len(data) - at:
        raise BadInput(
            f"{path}: cut short: {count} words of {dim} numbers are announced, too many for {len(data)} bytes"
        )
    words, rows = [], np.empty((count, dim), np.float32)
    for row in range(count):
        end = data.find(b" ", at)
        word = bytes(data[at : max(end, at)]).lstrip(b"\n")
        at = end + 1 + 4 * dim
        if end < 0 or at > len(data):
            raise BadInput(f"{path}: cut short in word {row + 1} of {count}")
        if not word or _CONTROL.search(word):
            raise BadInput(
                f"{path}, word {row + 1}: {decoded(word[:40])!r} is no word; the header says {dim} numbers a word, "
                "and a word holds no space in this format"
            )
        words.append(decoded(word))
        rows[row] = np.frombuffer(data, "<f4", dim, end + 1)
    if bytes(data[at : at + 2]) not in (b"", b"\n"):
        raise BadInput(f"{path}: goes on after its {count} words of {dim} numbers; is the header wrong?")
    if (broken := first_not_finite(rows)) is not None:
        raise BadInput(f"{path}, word {broken + 1}: the vector of {words[broken]!r} holds NaN or infinity")
    return _distinct(words, rows, path)


def write_binary(vectors: WordVectors, path: Path) -> None:
    """Write binary; subwords, counts and the rest stay behind."""
    names = encoded(vectors.index_to_key, path, " \n\t\r\v\f\0")
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(b"%d %d\n" % vectors.vectors.shape)
        for name, row in zip(names, vectors.vectors.astype("<f4", copy=False), strict=True):
            file.write(name + b" " + row.tobytes() + b"\n")


def _sizes(header: bytes, path: Path) -> tuple[int, int]:
    match = HEADER.fullmatch(header)
    if not match or "0" in (found := [group.lstrip(b"0").decode() or "0" for group in match.groups()]):
        raise BadInput(f"{path}, line 1: the number of words and of dimensions is expected, like '71290 100'")
    return int(found[0]), int(found[1])


def _distinct(words: list[str], rows: NDArray[np.float32], path: Path) -> WordVectors:
    """The first vector of each word: programs that cut long words write some twice."""
    first = list({word: row for row, word in reversed(list(enumerate(words)))}.values())[::-1]
    if len(first) == len(words):
        return WordVectors(words, rows)
    first.sort()
    return WordVectors([words[row] for row in first], rows[first])
