"""Texts with a class each, and trees whose phrases have one."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from embedlab.errors import BadInput

_TOKEN = re.compile(r"[()]|[^ \t\r\n()]+")  # a word may hold other white space, as 1\xa01/2


class LabelledText(NamedTuple):
    """A text as it is written, and the name of its class."""

    text: str
    label: str


class Tree(NamedTuple):
    """A phrase and its class: one word, or phrases that follow each other."""

    label: str
    parts: tuple["Tree", ...]
    word: str = ""

    @property
    def words(self) -> list[str]:
        """In order."""
        return [self.word] if self.word else [word for part in self.parts for word in part.words]

    def phrases(self) -> Iterator["Tree"]:
        """Itself and all phrases in it, each before its parts."""
        yield self
        for part in self.parts:
            yield from part.phrases()


def check_words(words: Sequence[str], text: str, most: int) -> None:
    """See that a text has words, and not too many.

    Raises:
        BadInput: it has not.
    """
    if not words:
        raise BadInput(f"there is no word in the text {text[:40]!r}")
    if len(words) > most:
        raise BadInput(
            f"a text of {len(words):,} words, {text[:40]!r} …: at most data.max_words={most:,} of a text are read; "
            "cut it"
        )


def parse_tree(line: str) -> Tree:
    """The tree of a line as ``(3 (2 It) (4 works))``, the Penn Treebank's brackets with a class for each phrase.

    Raises:
        ValueError: it is none; the message says what is wrong.
    """
    tokens = _TOKEN.findall(line)[::-1]  # the next one last
    tree = _phrase(tokens)
    if tokens:
        raise ValueError(f"{tokens[-1]!r} after the end of the tree")
    return tree


def _phrase(tokens: list[str]) -> Tree:
    _take(tokens, "(")
    label = _take(tokens)
    parts = []
    while tokens and tokens[-1] == "(":
        parts.append(_phrase(tokens))
    word = "" if parts else _take(tokens)
    _take(tokens, ")")
    return Tree(label, tuple(parts), word)


def _take(tokens: list[str], bracket: str = "") -> str:
    """The next token, that bracket or any that is none."""
    found = tokens.pop() if tokens else "the end of the line"
    if found != bracket if bracket else found in ("(", ")", "the end of the line"):
        raise ValueError(f"{bracket or 'a class or a word'} is expected, not {found}")
    return found
