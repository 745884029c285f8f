"""ARPA files, in which SRILM, kenlm and others keep back-off models."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.kernels import ngrams as kernels
from embedlab.ngrams.model import NGramModel
from embedlab.ngrams.table import check_order
from embedlab.text.vocabulary import EOS

START, END = "<s>", "</s>"
_IMPOSSIBLE = -99.0  # stands for log10 0
_LINES = 1 << 16  # written at a time
_SPACE = re.compile(r"[ \t\n\r\v\f]")
_ESCAPED = re.compile(r"\\u00(0[9a-d]|20)")


def write_arpa(model: NGramModel, words: Sequence[str], path: str | Path) -> None:
    """Writes a model in back-off form, which is equal to its interpolated one.

    ``<eos>`` becomes ``</s>``, the start of a sentence is ``<s>``, and white space in words, as in a model of
    characters, is written as in ``\\u0020``. Probabilities have seven digits; −99 stands for the logarithm of zero.

    Args:
        model: of probabilities.
        words: of the vocabulary ``V``.
        path: the file.

    Raises:
        BadInput: the model's scores are not probabilities; or two words would be spelt alike, or one like nothing.
        OSError: it can't be written.
    """
    if not model.probabilities:
        raise BadInput("stupid back-off has no probabilities, which is what an ARPA file holds: take another smoothing")
    if len(words) != model.vocabulary_size:
        raise ValueError(f"{len(words)} words for a model of {model.vocabulary_size}")
    spelt = [_spelt(word) for word in words] + [START]
    if "" in spelt or len(set(spelt)) < len(spelt):
        raise BadInput(f"a word is empty, stands there twice, or is {START} or {END}: an ARPA file can't hold it")
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.write("\\data\\\n")
        file.writelines(f"ngram {k}={size}\n" for k, size in enumerate(np.diff(model.levels)[1:].tolist(), 1))
        for order in range(1, model.order + 1):
            file.write(f"\n\\{order}-grams:\n")
            file.writelines(_lines(model, order, spelt))
        file.write("\n\\end\\\n")


def read_arpa(path: str | Path) -> tuple[NGramModel, list[str]]:
    """A model from an ARPA file, and its words in the order of the file.

    ``</s>`` becomes ``<eos>``, and ``<s>`` is no word but the start of a sentence; a logarithm of −99 or less is that
    of zero.

    Raises:
        BadInput: the file is none, with the number of the first line that is at fault.
    """
    with Path(path).open("rb") as file:
        return _Reader(Path(path), file).read()


def _spelt(word: str) -> str:
    return END if word == EOS else _SPACE.sub(lambda space: f"\\u{ord(space[0]):04x}", word)


def _read_word(spelt: str) -> str:
    return EOS if spelt == END else _ESCAPED.sub(lambda code: chr(int(code[0][2:], 16)), spelt)


def _lines(model: NGramModel, order: int, spelt: Sequence[str]) -> Iterator[str]:
    here = model.level(order)
    for begin in range(here.start, here.stop, _LINES):
        nodes = np.arange(begin, min(begin + _LINES, here.stop))
        ngrams = (" ".join([spelt[word] for word in row]) for row in model.ngrams(nodes, order).tolist())
        logarithms = _log10(np.minimum(model.log_probabilities_of[nodes], 0))
        if order == model.order:
            yield "".join(f"{p:.7g}\t{ngram}\n" for p, ngram in zip(logarithms, ngrams, strict=True))
        else:
            backoffs = _log10(model.log_backoffs[nodes])
            rows = zip(logarithms, ngrams, backoffs, strict=True)
            yield "".join(f"{p:.7g}\t{ngram}\t{backoff:.7g}\n" for p, ngram, backoff in rows)


def _log10(logarithms: NDArray[np.float32]) -> list[float]:
    found = logarithms.astype(np.float64) / np.log(10)
    return np.where(np.isneginf(found), _IMPOSSIBLE, found + 0.0).tolist()


class _Reader:
    """Reads one file, section by section."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file, self.line = path, file, 0

    def read(self) -> tuple[NGramModel, list[str]]:
        sizes = self._sizes()
        index, words, logarithms = self._words(sizes[0])
        vocabulary_size = len(words)
        tree = [np.append(np.int32(-1), np.arange(vocabulary_size + 1, dtype=np.int32))]
        first = [np.array([1], np.int32)]
        suffixes = [np.zeros(vocabulary_size + 2, np.int32)]
        columns = [np.zeros((1, 2)), logarithms]
        levels = [0, 1, vocabulary_size + 2]
        for order, size in enumerate(sizes[1:], 2):
            rows, logarithms, lines = self._section(order, size, index, vocabulary_size)
            known = np.concatenate(tree), np.append(np.concatenate(first), np.int32(levels[-1]))
            parents = _walk(rows[:, :-1], *known)
            if (parents < 0).any():
                self._fail(
                    f"the context of this {order}-gram is no {order - 1}-gram", lines + int((parents < 0).argmax())
                )
            sorting = np.lexsort((rows[:, -1], parents))
            rows, parents = rows[sorting], parents[sorting]
            same = (np.diff(parents) == 0) & (np.diff(rows[:, -1]) == 0)
            if same.any():
                self._fail(f"this {order}-gram stands there twice", lines + int(sorting[1:][same].max()))
            above = np.arange(levels[-2], levels[-1])
            first.append((np.searchsorted(parents, above) + levels[-1]).astype(np.int32))
            suffix = np.full(len(rows), -1, np.int64)
            for shorter in range(1, order):  # a pruned model need not have the longest
                left = np.flatnonzero(suffix < 0)
                suffix[left] = _walk(rows[left, shorter:], *known)
            tree.append(rows[:, -1])
            suffixes.append(suffix.astype(np.int32))
            columns.append(logarithms[sorting])
            levels.append(levels[-1] + size)
        contexts = levels[-2]
        table = np.concatenate(columns) * np.log(10)
        table[table <= _IMPOSSIBLE * np.log(10)] = -np.inf
        model = NGramModel(
            np.concatenate(tree),
            np.append(np.concatenate(first), np.int32(levels[-1])),
            np.concatenate(suffixes)[:contexts],
            np.array(levels),
            table[:, 0].astype(np.float32),
            table[:contexts, 1].astype(np.float32),
        )
        return model, words

    def _sizes(self) -> list[int]:
        """N-grams of each order, from the head."""
        for line in self._lines():
            if line == b"\\data\\":
                break
        else:
            self._fail("there is no \\data\\: this is no ARPA file", 0)
        sizes: list[int] = []
        for line in self._lines():
            if line == b"\\1-grams:":
                break
            found = re.fullmatch(rb"ngram\s+(\d+)\s*=\s*(\d+)", line)
            if not found or int(found[1]) != len(sizes) + 1:
                self._fail(f"expected 'ngram {len(sizes) + 1}=…' or '\\1-grams:'")
            sizes.append(int(found[2]))
        check_order(len(sizes))
        if sum(sizes) > self.path.stat().st_size:
            self._fail(f"{sum(sizes):,} n-grams are announced, more than the file has bytes")
        return sizes

    def _words(self, size: int) -> tuple[dict[bytes, int], list[str], NDArray[np.float64]]:
        """Numbers by spelling, words without the start, and logarithms with the start in the end ``(V + 1, 2)``."""
        index: dict[bytes, int] = {}
        words: list[str] = []
        logarithms, at_start = [], [_IMPOSSIBLE, 0.0]
        for fields in self._rows(1, size):
            if fields[1] in index:
                self._fail("this word stands there twice")
            if fields[1] == START.encode():
                index[fields[1]] = -1
                at_start[1] = self._numbers(fields, 1)[1]
                continue
            try:
                words.append(_read_word(fields[1].decode()))
            except UnicodeDecodeError:
                self._fail("not UTF-8 text")
            index[fields[1]] = len(words) - 1
            logarithms.append(self._numbers(fields, 1))
        if not words:
            self._fail("there are no words")
        index[START.encode()] = len(words)
        return index, words, np.array([*logarithms, at_start])

    def _section(
        self, order: int, size: int, index: dict[bytes, int], start: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], int]:
        """Words ``(n, order)``, logarithms ``(n, 2)`` and the first line of the n-grams of an order."""
        for line in self._lines():
            if line != b"\\%d-grams:" % order:
                self._fail(f"expected '\\{order}-grams:'")
            break
        rows, logarithms, lines = np.empty((size, order), np.int32), np.empty((size, 2)), self.line + 1
        for k, fields in enumerate(self._rows(order, size)):
            try:
                rows[k] = [index[word] for word in fields[1 : order + 1]]
            except KeyError as error:
                self._fail(f"{error.args[0].decode(errors='replace')!r} is not among the 1-grams")
            logarithms[k] = self._numbers(fields, order)
        misplaced = (rows[:, 1:] == start).any(1)
        if misplaced.any():
            self._fail(f"{START} stands within this {order}-gram", lines + int(misplaced.argmax()))
        return rows, logarithms, lines

    def _rows(self, order: int, size: int) -> Iterator[list[bytes]]:
        """So many lines of a section, in fields."""
        for _ in range(size):
            fields = self.file.readline().split()  # at white space of ASCII only
            self.line += 1
            if not order + 1 <= len(fields) <= order + 2:
                self._fail(f"expected one of {size} lines of a logarithm, {order} words and perhaps a back-off weight")
            yield fields

    def _numbers(self, fields: list[bytes], order: int) -> tuple[float, float]:
        try:
            probability, backoff = float(fields[0]), float(fields[order + 1]) if len(fields) == order + 2 else 0.0
        except ValueError:
            self._fail("a logarithm is no number")
        if not (probability <= 0 and backoff < np.inf):
            self._fail("the logarithm of a probability is above zero, or a back-off weight is infinite")
        return probability, backoff

    def _lines(self) -> Iterator[bytes]:
        """Lines that are not empty."""
        for line in self.file:
            self.line += 1
            if line := line.strip():
                yield line

    def _fail(self, what: str, line: int | None = None) -> NoReturn:
        place = self.line if line is None else line
        raise BadInput(f"{self.path}{f', line {place}' if place else ''}: {what}")


def _walk(rows: NDArray[np.int32], words: NDArray[np.int32], first: NDArray[np.int32]) -> NDArray[np.int64]:
    out = np.empty(len(rows), np.int64)
    kernels.walk(np.ascontiguousarray(rows), words, first, out)
    return out
