"""The words of a corpus, numbered by falling count."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput

UNKNOWN = "<unk>"
EOS = "<eos>"
NEWLINE = r"\n"  # as a token of :class:`embedlab.text.Characters`


class Vocabulary:
    """Words by falling count.

    ``<unk>`` and ``<eos>`` are words like any other and stand where their counts put them. If ``<unk>`` is there, it is
    the number of each word that is not.

    Attributes:
        words: ``V`` of them, each once.
        counts: ``(V,)`` int64, falling.
    """

    def __init__(self, words: Sequence[str], counts: NDArray[np.int64]) -> None:
        """Takes words that are in order; see :meth:`select` for any others."""
        self.words = list(words)
        self.counts = np.asarray(counts, np.int64)
        if len(self.words) != len(self.counts) or (np.diff(self.counts) > 0).any():
            raise ValueError("a vocabulary needs a count for each word, in falling order")

    @classmethod
    def select(
        cls,
        words: Sequence[str],
        counts: NDArray[np.int64],
        min_count: int = 1,
        max_size: int | None = None,
        unknown: bool = False,
        sentences: int | None = None,
    ) -> "Vocabulary":
        """The words worth keeping; of equally frequent ones those that come first.

        Args:
            words: any order, each once.
            counts: ``(len(words),)``.
            min_count: rarer words are dropped.
            max_size: only so many words are kept, besides ``<unk>`` and ``<eos>``.
            unknown: with a word ``<unk>`` that stands for all that are dropped; always so if the corpus has this word.
            sentences: with a word ``<eos>`` of this count.

        Raises:
            BadInput: no words; only one; or none, or one, that is frequent enough.
        """
        counts = np.asarray(counts, np.int64)
        if max_size is not None and max_size < 2:
            raise BadInput(f"max_size={max_size}: a vocabulary needs room for at least two words")
        if not len(words):
            raise BadInput("there are no words in the corpus")
        places = {word: place for place, word in enumerate(words) if word in (UNKNOWN, EOS)}
        special = {EOS: sentences} if sentences is not None else {}
        if unknown or UNKNOWN in places:
            special[UNKNOWN] = 0
        ordinary = np.ones(len(words), bool)
        ordinary[[places[word] for word in special if word in places]] = False
        if ordinary.sum() < 2:
            raise BadInput(f"the corpus holds one word only, {words[int(ordinary.argmax())]!r}: it needs at least two")
        kept = np.flatnonzero(ordinary & (counts >= min_count))
        kept = kept[np.argsort(-counts[kept], kind="stable")][:max_size]
        if len(kept) + len(special) < 2:
            top = int(np.where(ordinary, counts, -1).argmax())
            raise BadInput(
                f"{'only one' if len(kept) else 'no'} word occurs min_count={min_count} times "
                f"(the most frequent, {words[top]!r}, occurs {counts[top]} times): lower min_count"
            )
        names, numbers = [words[place] for place in kept.tolist()], counts[kept]
        if UNKNOWN in special:
            special[UNKNOWN] = int(counts[ordinary].sum() - numbers.sum())
        for word, count in special.items():
            count += int(counts[places[word]]) if word in places else 0
            place = int(np.searchsorted(-numbers, -count, side="right"))
            names.insert(place, word)
            numbers = np.insert(numbers, place, count)
        return cls(names, numbers)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        """The number of each word."""
        return {word: number for number, word in enumerate(self.words)}

    @property
    def start(self) -> int:
        """What is taken to stand before a text: ``<eos>``, of characters a newline, else the most frequent word."""
        return self.index.get(EOS, self.index.get(NEWLINE, 0))

    def encode(self, tokens: Iterable[str]) -> NDArray[np.int32]:
        """Numbers of the tokens ``(n,)``; those not in the vocabulary become ``<unk>``, or are left out without one."""
        unknown = self.index.get(UNKNOWN, -1)
        numbers = (self.index.get(token, unknown) for token in tokens)
        return np.fromiter((number for number in numbers if number >= 0), np.int32)

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The words of the numbers."""
        return [self.words[number] for number in numbers]

    def save(self, path: str | Path) -> None:
        """A line ``word count`` each, in UTF-8, as word2vec saves its vocabulary."""
        lines = (f"{word} {count}\n" for word, count in zip(self.words, self.counts.tolist(), strict=True))
        Path(path).write_bytes("".join(lines).encode())

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """What :meth:`save` or word2vec wrote.

        Raises:
            BadInput: a line is not ``word count``, or counts do not fall.
        """
        words, counts = [], []
        try:
            lines = Path(path).read_bytes().decode().split("\n")
        except UnicodeDecodeError:
            raise BadInput(f"{path}: not UTF-8 text; a vocabulary has a line 'word count' for each word") from None
        for number, line in enumerate(lines, 1):
            if not line and number == len(lines):
                continue
            word, space, count = line.rstrip("\r").rpartition(" ")
            if not space or not word or not count.isdecimal():
                raise BadInput(f"{path}, line {number}: {line[:40]!r} is not 'word count'")
            words.append(word)
            counts.append(int(count))
        if len(set(words)) < len(words):
            raise BadInput(f"{path}: a word stands there twice")
        if (np.diff(counts) > 0).any():
            raise BadInput(f"{path}: words must be in the order of falling counts")
        return cls(words, np.array(counts, np.int64))


def numbers_of(words: Iterable[str], index: Mapping[str, int]) -> NDArray[np.int64]:
    """The numbers ``(n,)`` of n words; those without one are ``<unk>``."""
    unknown = index[UNKNOWN]
    return np.array([index.get(word, unknown) for word in words], np.int64)
