"""Files of texts with a class each: lines, tables, JSON lines, and trees of sentiment."""

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from embedlab.data.text_sources import OPENERS, TextFile, text_files
from embedlab.errors import BadInput
from embedlab.text.labelled import LabelledText, parse_tree

FORMATS = ("lines", "csv", "tsv", "jsonl", "trees")
SEPARATORS = {"csv": ",", "tsv": "\t"}


def read_labelled(
    paths: str | Path | Sequence[str | Path],
    format: str | None = None,
    text: str = "text",
    label: str = "label",
    encoding: str = "utf-8",
    phrases: bool = False,
    skip_empty: bool = False,
) -> list[LabelledText]:
    """The texts of one or several files.

    - ``lines``: a class, white space, a text, in each line.
    - ``csv``, ``tsv``: a table whose first line names its columns.
    - ``jsonl``: an object in each line.
    - ``trees``: a tree in each line, as ``(3 (2 It) (4 works))``, see :func:`embedlab.text.labelled.parse_tree`.

    Args:
        paths: files, patterns or folders; ``.gz``, ``.xz`` and ``.bz2`` too.
        format: one of these; None for the one that a file's name ends with, else ``lines``.
        text: the column or the key of the texts.
        label: likewise of the classes.
        encoding: of the files, as Python names it.
        phrases: of trees all phrases, each of those that are written alike once, the class of the first; otherwise
            whole sentences.
        skip_empty: leave out rows with a class and no text, instead of refusing the file.

    Raises:
        BadInput: no such format, encoding or column; a row is broken or holds no text or no class (file and line are
            named); there is no text.
    """
    if format not in (None, *FORMATS):
        raise BadInput(f"data.format={format}: there are {', '.join(FORMATS)}, and null for what a file's name says")
    found: list[LabelledText] = []
    for file in text_files(paths):
        content = _decoded(file, encoding)
        for number, one in _rows(file, content, format or _format(file), text, label, phrases):
            if one.text and one.label:
                found.append(one)
            elif not (skip_empty and one.label):
                what = "a text without a class" if one.text else "no text; data.skip_empty=true leaves such rows out"
                raise BadInput(f"{file.name}, line {number}: {what}")
    if not found:
        raise BadInput(f"{paths}: no texts in it")
    if not phrases:
        return found
    once: dict[str, LabelledText] = {}
    for one in found:
        once.setdefault(one.text, one)
    return list(once.values())


def _format(file: TextFile) -> str:
    bare = file.path.with_suffix("") if file.path.suffix in OPENERS else file.path
    return bare.suffix[1:] if bare.suffix[1:] in FORMATS else "lines"


def _decoded(file: TextFile, encoding: str) -> str:
    content = b"".join(chunk for chunk, _ in file.chunks())
    try:
        return content.decode(encoding)
    except LookupError:
        raise BadInput(f"data.encoding={encoding}: no such encoding; utf-8 and latin-1 are such") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{file.name}, line {line}: not {encoding} text ({error.reason}); data.encoding names another, as latin-1"
        ) from None


def _rows(
    file: TextFile, content: str, format: str, text: str, label: str, phrases: bool
) -> Iterator[tuple[int, LabelledText]]:
    """The number of its line and what it holds, of each row."""
    if format in SEPARATORS:
        yield from _table(file, content, SEPARATORS[format], text, label)
        return
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{file.name}, line {number}"
        if format == "jsonl":
            yield number, _object(where, line, text, label)
        elif format == "trees":
            try:
                tree = parse_tree(line)
            except ValueError as error:
                raise BadInput(f"{where}: no tree: {error}") from None
            for phrase in tree.phrases() if phrases else [tree]:
                yield number, LabelledText(" ".join(phrase.words), phrase.label)
        else:
            name, _, rest = line.strip().partition(" ")
            yield number, LabelledText(rest.strip(), name)


def _table(file: TextFile, content: str, separator: str, text: str, label: str) -> Iterator[tuple[int, LabelledText]]:
    reader = csv.reader(StringIO(content, newline=""), delimiter=separator, strict=True)
    try:
        names = next(reader, [])
        for key, name in (("text", text), ("label", label)):
            if name not in names:
                raise BadInput(f"{file.name}: data.{key}={name}: no such column; there are {', '.join(names)}")
        columns = names.index(text), names.index(label)
        for row in reader:
            if row and len(row) != len(names):
                raise BadInput(
                    f"{file.name}, line {reader.line_num}: {len(row)} columns, and its first line names {len(names)}"
                )
            if row:
                yield reader.line_num, LabelledText(row[columns[0]].strip(), row[columns[1]].strip())
    except csv.Error as error:
        raise BadInput(f"{file.name}, line {reader.line_num}: {error}") from None


def _object(where: str, line: str, text: str, label: str) -> LabelledText:
    try:
        found: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}: no JSON: {error.msg}") from None
    if not isinstance(found, dict):
        raise BadInput(f"{where}: no JSON object")
    for key, name in (("text", text), ("label", label)):
        if name not in found:
            raise BadInput(f"{where}: data.{key}={name}: no such key; there are {', '.join(found)}")
    if not isinstance(found[text], str):
        raise BadInput(f"{where}: {text} is no text: {str(found[text])[:40]}")
    return LabelledText(found[text].strip(), str(found[label]).strip())
