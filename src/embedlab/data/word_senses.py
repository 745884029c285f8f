"""Contexts of ambiguous words: with their senses, SemEval-2010 task 14 and RUSSE 2018 in Russian; in pairs, SCWS."""

import csv
import gzip
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from embedlab.errors import BadInput
from embedlab.evaluation.contextual_similarity import ContextPairs
from embedlab.evaluation.word_senses import SenseContext

RUSSE = (
    "main_wiki-wiki_train", "main_bts-rnc_train", "main_active-dict_train",
    "additional_active-rnc_train", "additional_active-rutenten_train", "additional_bts-rutenten_train",
)  # fmt: skip
"""The parts of RUSSE 2018 whose gold senses are known."""


def read_semeval2010(folder: str | Path) -> list[SenseContext]:
    """The 8915 contexts of 100 words: ``dataset.txt.gz`` and ``key.txt`` of ``wsi_en_semeval2010``.

    The key is not in the contexts' order: a word's n-th context is its instance of the n-th smallest number.

    Raises:
        BadInput: a file is missing, or a word's contexts are not as many as its senses in the key.
    """
    folder = Path(folder)
    senses: dict[str, dict[int, str]] = {}
    for line in _text(folder / "key.txt"):
        word, instance, sense = line.split()
        senses.setdefault(word, {})[int(instance.rpartition(".")[2])] = sense
    contexts = []
    lines = _text(folder / "dataset.txt.gz")
    for head in lines:
        word, count = head.split()
        gold = [sense for _, sense in sorted(senses.get(word, {}).items())]
        if len(gold) != int(count):
            raise BadInput(f"{folder}: {count} contexts of {word}, but {len(gold)} senses in key.txt")
        for sense in gold:
            left, _, right = next(lines, "").partition("\t")
            contexts.append(SenseContext(word, left.strip(), right.strip(), sense))
    return contexts


def read_russe2018(folder: str | Path, part: str) -> list[SenseContext]:
    """A part of RUSSE 2018, one of :data:`RUSSE`, from ``wsi_ru``.

    Of several places of the word the first is taken; where none is marked (45 of active-dict) all text is to its left.

    Raises:
        BadInput: no such part, or its file is missing.
    """
    if part not in RUSSE:
        raise BadInput(f"{part}: no part with gold senses; there are {', '.join(RUSSE)}")
    return read_contexts(next(Path(folder).glob(f"{part}.csv*"), Path(folder) / f"{part}.csv"))


def read_contexts(path: Path) -> list[SenseContext]:
    """The contexts of a file as RUSSE 2018 writes them: a header, and columns between tabs, of which four are read.

    Raises:
        BadInput: the file is missing, or holds no contexts; a line without these columns.
    """
    contexts, rows = [], csv.DictReader(_text(path), delimiter="\t")
    for row in rows:
        try:
            text = row["context"]
            places = [tuple(map(int, place.split("-"))) for place in row["positions"].split(",") if place]
            start, end = min(places, default=(len(text), len(text)))
            contexts.append(SenseContext(row["word"], text[:start].strip(), text[end:].strip(), row["gold_sense_id"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            raise BadInput(
                f"{path}, line {rows.line_num}: the columns word, gold_sense_id, positions (as 3-7,20-24) and context "
                "are expected"
            ) from None
    if not contexts:
        raise BadInput(f"{path}: no contexts")
    return contexts


def read_scws(path: Path, split: Callable[[str], Sequence[str]]) -> ContextPairs:
    """The 2003 pairs of SCWS: between tabs a number, two words each with its part of speech, two contexts, the score.

    A context has its word between ``<b>`` and ``</b>``.

    Raises:
        BadInput: the file is missing, or a line is none of these.
    """
    pairs: tuple[list[SenseContext], list[SenseContext]] = [], []
    scores = []
    for number, line in enumerate(_text(path), 1):
        try:
            _, first, _, second, _, *texts, score = line.split("\t")[:8]
            for into, word, text in zip(pairs, (first, second), texts, strict=True):
                left, _, right = re.split(" *</?b> *", text, maxsplit=2)
                into.append(SenseContext(word, left, right, gold=""))
            scores.append(float(score))
        except ValueError:
            raise BadInput(f"{path}, line {number}: not a pair of SCWS") from None
    return ContextPairs(*pairs, np.array(scores), split)


def _text(path: Path) -> Iterator[str]:
    """The lines of a file, packed or not, without their ends."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            yield from (line.rstrip("\r\n") for line in file)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error
