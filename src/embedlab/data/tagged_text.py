"""Files of sentences with a tag for each word: CoNLL-U treebanks, and columns as of CoNLL's shared tasks."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from embedlab.data.text_sources import OPENERS, TextFile, text_files
from embedlab.errors import BadInput
from embedlab.text.tagged import TaggedSentence

CONLLU_COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
FORMATS = ("conllu", "conll")
_WORD, _SKIPPED = re.compile(r"[1-9]\d*"), re.compile(r"\d+-\d+|\d+\.\d+")

Line = tuple[int, str]  # and its number in the file, from 1


def read_tagged(
    paths: str | Path | Sequence[str | Path], format: str | None = None, column: str | int | None = None
) -> list[TaggedSentence]:
    """The sentences of one or several files.

    - ``conllu``: ten columns parted by tabs (universaldependencies.org/format.html). Multiword tokens (``3-4``) and
      empty nodes (``5.1``) are passed over: what is tagged is words.
    - ``conll``: columns parted by tabs, or by spaces where a line has no tab; the word is the first. Blank lines part
      sentences; ``-DOCSTART-`` parts documents and is passed over.

    Args:
        paths: files, patterns or folders; ``.gz``, ``.xz`` and ``.bz2`` too.
        format: one of the two; None for the one that a file's name says: ``.conllu``, or any other.
        column: of the tags: of CoNLL-U its name, of columns its number from 1; None for ``upos``, and for the last.

    Raises:
        BadInput: no such format or column; a row is broken (file and line are named); there is no sentence.
    """
    if format not in (None, *FORMATS):
        raise BadInput(f"data.format={format}: there are {' and '.join(FORMATS)}, and null for what a file's name says")
    found = [sentence for file in text_files(paths) for sentence in _read(file, format, column)]
    if not found:
        raise BadInput(f"{paths}: no sentences in it")
    return found


def _read(file: TextFile, format: str | None, column: str | int | None) -> Iterator[TaggedSentence]:
    bare = file.path.with_suffix("") if file.path.suffix in OPENERS else file.path
    if (format or ("conllu" if bare.suffix == ".conllu" else "conll")) == "conllu":
        read: Callable[[list[Line]], Iterator[tuple[str, str]]] = _Conllu(file.name, column)
    else:
        read = _Columns(file.name, column)
    for blank, lines in groupby(_lines(file), key=lambda line: not line[1].strip()):
        if not blank and (rows := list(read(list(lines)))):
            words, tags = zip(*rows, strict=True)
            yield TaggedSentence(words, tags)


def _lines(file: TextFile) -> Iterator[Line]:
    content = b"".join(chunk for chunk, _ in file.chunks())
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            yield number, line.decode().rstrip("\r")
        except UnicodeDecodeError as error:
            raise BadInput(f"{file.name}, line {number}: not UTF-8 text ({error.reason})") from None


class _Conllu:
    """Words and tags of a sentence's lines."""

    def __init__(self, name: str, column: str | int | None) -> None:
        wanted = str(column or "upos").lower()
        if wanted not in CONLLU_COLUMNS:
            raise BadInput(f"data.column={column}: no column of CoNLL-U; there are {', '.join(CONLLU_COLUMNS)}")
        self.name, self.column = name, CONLLU_COLUMNS.index(wanted)

    def __call__(self, lines: list[Line]) -> Iterator[tuple[str, str]]:
        expected = 1
        for number, line in lines:
            if line.startswith("#"):
                continue
            cells = line.split("\t")
            if len(cells) != len(CONLLU_COLUMNS):
                raise BadInput(
                    f"{self.name}, line {number}: {len(cells)} columns parted by tabs, and CoNLL-U has "
                    f"{len(CONLLU_COLUMNS)}: {line[:40]!r}"
                )
            if _SKIPPED.fullmatch(cells[0]):
                continue
            if not _WORD.fullmatch(cells[0]) or int(cells[0]) != expected:
                raise BadInput(
                    f"{self.name}, line {number}: word {expected} of a sentence is expected, not {cells[0]!r}"
                )
            word, tag = cells[1], cells[self.column]
            if not word or not tag:
                raise BadInput(f"{self.name}, line {number}: an empty column; CoNLL-U writes '_' for nothing")
            yield word, tag
            expected += 1


class _Columns:
    """Words and tags of a sentence's lines."""

    def __init__(self, name: str, column: str | int | None) -> None:
        if column is not None and (not str(column).isdecimal() or int(column) < 2):
            raise BadInput(
                f"data.column={column}: of columns a number, 2 for the one after the words, or null: the last"
            )
        self.name, self.column = name, column and int(column)

    def __call__(self, lines: list[Line]) -> Iterator[tuple[str, str]]:
        for number, line in lines:
            cells = line.split("\t") if "\t" in line else line.split()
            if cells[0] == "-DOCSTART-":
                continue
            needed = self.column or 2
            if len(cells) < needed:
                raise BadInput(
                    f"{self.name}, line {number}: {len(cells)} column{'s' * (len(cells) > 1)}, and "
                    f"{needed} are needed, a word and its tag: {line[:40]!r}"
                )
            word, tag = cells[0].strip(), cells[(self.column or 0) - 1].strip()
            if not word or not tag:
                raise BadInput(
                    f"{self.name}, line {number}: a word without a tag, or a tag without a word: {line[:40]!r}"
                )
            yield word, tag
