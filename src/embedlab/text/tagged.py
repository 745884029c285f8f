"""Sentences with a tag for each word, and the entities that tags of the kind BIO mark."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_SCHEME = re.compile(r"O|[BIES]-.+")


class TaggedSentence(NamedTuple):
    """Words and their tags, as many of the one as of the other."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


class Entity(NamedTuple):
    """Words ``first`` to ``last``, both within, that are one entity of a kind."""

    kind: str
    first: int
    last: int


def mark_entities(tags: Sequence[str]) -> bool:
    """Whether all of these tags are ``O``, or ``B-``, ``I-``, ``E-`` or ``S-`` with a kind, not all of them ``O``."""
    return all(map(_SCHEME.fullmatch, tags)) and any(tag != "O" for tag in tags)


def entities(tags: Sequence[str]) -> list[Entity]:
    """The entities of a sentence, as ``conlleval`` and seqeval in its default mode find them.

    ``B-`` and ``S-`` begin an entity. So does ``I-`` or ``E-`` where none of its kind is open: after ``O``, after
    another kind, or after ``E-`` or ``S-``, which end theirs. No sequence of tags is ill-formed: ``O I-person`` is a
    person all the same.

    Source: Tjong Kim Sang, De Meulder, "Introduction to the CoNLL-2003 Shared Task", 2003, and its ``conlleval``.
    """
    found: list[Entity] = []
    first, open_kind = 0, ""  # of the entity that may go on
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if open_kind and (prefix in ("O", "B", "S") or kind != open_kind):
            found.append(Entity(open_kind, first, place - 1))
            open_kind = ""
        if prefix != "O" and not open_kind:
            first, open_kind = place, kind
        if prefix in ("E", "S"):
            found.append(Entity(open_kind, first, place))
            open_kind = ""
    return found


def may_follow(tag: str, before: str | None) -> bool:
    """Whether a BIO tag may stand after another, or, after None, begin a sentence: ``I-x`` only goes on with an x."""
    return not tag.startswith("I-") or before in (f"B-{tag[2:]}", tag)
