"""Contexts of ambiguous words with their senses: SemEval-2010 task 14, and RUSSE 2018 in Russian."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from embedlab.errors import BadInput
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
    path = next((path for path in Path(folder).glob(f"{part}.csv*")), Path(folder) / f"{part}.csv")
    contexts = []
    for row in csv.DictReader(_text(path), delimiter="\t"):
        text = row["context"]
        places = [tuple(map(int, place.split("-"))) for place in row["positions"].split(",") if place]
        start, end = min(places, default=(len(text), len(text)))
        contexts.append(SenseContext(row["word"], text[:start].strip(), text[end:].strip(), row["gold_sense_id"]))
    return contexts


def _text(path: Path) -> Iterator[str]:
    """The lines of a file, packed or not, without their ends."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            yield from (line.rstrip("\r\n") for line in file)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error
