"""What runs of word vectors left to read: neighbours of words, and analogies by section."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from embedlab.report.metrics import set_name
from embedlab.report.runs import Measured, Run
from embedlab.report.sweep import Sweep

METHODS = {"3cosadd": "3CosAdd", "3cosmul": "3CosMul"}


@dataclass(frozen=True)
class Query:
    """A word, or words added up, and what is nearest to it.

    Attributes:
        query: ``river``, ``czech + currency``.
        nearest: words and their cosines, the nearest first.
    """

    query: str
    nearest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Section:
    """The questions of one kind in a test of analogies.

    Attributes:
        test: display name of the test.
        name: of the section.
        asked: how many questions it has,
        counted: of which so many count: their words are known.
        accuracy: by method, ``3CosAdd`` and ``3CosMul``; without those that can't be told.
    """

    test: str
    name: str
    asked: int
    counted: int
    accuracy: dict[str, Measured]


@dataclass(frozen=True)
class WordTables:
    """The tables of one run, its ``methods`` being the columns of the analogies."""

    queries: tuple[Query, ...]
    sections: tuple[Section, ...]

    @property
    def methods(self) -> list[str]:
        """Those by which any section was answered."""
        return [name for name in METHODS.values() if any(name in section.accuracy for section in self.sections)]


def word_tables(sweep: Sweep) -> dict[str, WordTables]:
    """The tables of each variant by its label, of its first finished run that has any."""
    found = {}
    for variant in sweep.variants:
        if run := variant.showcase("queries") or variant.showcase("analogy_set"):
            found[variant.label] = WordTables(tuple(_queries(run)), tuple(_sections(run)))
    return found


def _queries(run: Run) -> Iterator[Query]:
    if not run.has("queries", "neighbours", "neighbour_cosines"):
        return
    arrays = (run.evaluation[name].tolist() for name in ("queries", "neighbours", "neighbour_cosines"))
    for query, words, cosines in zip(*arrays, strict=True):
        yield Query(query, tuple(zip(words, cosines, strict=True)))


def _sections(run: Run) -> Iterator[Section]:
    if not run.has("analogy_set", "analogy_section", "analogy_asked", "analogy_counted"):
        return
    arrays = run.evaluation
    methods = {name: arrays[f"analogy_{key}"] for key, name in METHODS.items() if f"analogy_{key}" in arrays}
    for row, (test, name) in enumerate(zip(arrays["analogy_set"], arrays["analogy_section"], strict=True)):
        accuracy = {}
        for method, triples in methods.items():
            value, *interval = (None if np.isnan(x) else float(x) for x in triples[row])
            if value is not None:
                accuracy[method] = Measured(value, *interval)
        asked, counted = int(arrays["analogy_asked"][row]), int(arrays["analogy_counted"][row])
        yield Section(set_name(str(test)), str(name), asked, counted, accuracy)
