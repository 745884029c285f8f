"""What runs of taggers left to read: how well each tag, or each kind of entity, is found."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from embedlab.report.runs import Measured, Run
from embedlab.report.sweep import Sweep

MEASURES = ("precision", "recall", "F1")


@dataclass(frozen=True)
class Tag:
    """One tag, or one kind of entity.

    Attributes:
        name: ``NOUN``, ``person``.
        count: how many there are.
        scores: its precision, recall and F1.
    """

    name: str
    count: int
    scores: tuple[Measured, ...]


@dataclass(frozen=True)
class TagTable:
    """The tags of one run, the most frequent first; ``unit`` is what they are counted in, ``words`` or ``entities``."""

    unit: str
    tags: tuple[Tag, ...]


def tag_tables(sweep: Sweep) -> dict[str, TagTable]:
    """The table of each variant by its label, of its first finished run that has one."""
    found = {}
    for variant in sweep.variants:
        if run := variant.showcase("tag_names", "tag_counts", "tag_scores", "tag_unit"):
            found[variant.label] = TagTable(str(run.evaluation["tag_unit"]), tuple(_tags(run)))
    return found


def _tags(run: Run) -> Iterator[Tag]:
    arrays = (run.evaluation[name].tolist() for name in ("tag_names", "tag_counts", "tag_scores"))
    for name, count, triples in zip(*arrays, strict=True):
        scores = (Measured(value, *(None if np.isnan(x) else x for x in interval)) for value, *interval in triples)
        yield Tag(name, count, tuple(scores))
