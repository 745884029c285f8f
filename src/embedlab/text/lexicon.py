"""What a tagger knows by number: words, characters and tags."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from embedlab.errors import BadInput
from embedlab.text.tagged import TaggedSentence
from embedlab.text.vocabulary import UNKNOWN, Vocabulary

LONGEST = 50  # characters of a word that are looked at: what is longer is an address


class Lexicon:
    """The words, characters and tags of a training text, each numbered by falling count.

    Words and characters that are not in it are ``<unk>``; a word that is, as its characters are.

    Attributes:
        words: as they are looked up, in lower case if ``lower``.
        characters: as they are written.
        tags: all there are,
        tag_numbers: and the number of each.
    """

    def __init__(self, words: Sequence[str], characters: Sequence[str], tags: Sequence[str], lower: bool) -> None:
        self.words, self.characters, self.tags, self.lower = list(words), list(characters), list(tags), lower
        self._words, self._characters, self.tag_numbers = map(_numbers, (words, characters, tags))

    @classmethod
    def of(cls, sentences: Iterable[TaggedSentence], min_count: int = 1, lower: bool = False) -> "Lexicon":
        """Of a training text.

        Args:
            sentences: of which it consists.
            min_count: words that are rarer, and characters of fewer different words, are ``<unk>``, which is how
                anything is learned of it.
            lower: words are one whatever their case.

        Raises:
            BadInput: fewer than two words or tags, or no word that is frequent enough.
        """
        forms, tags = Counter[str](), Counter[str]()
        for sentence in sentences:
            forms.update(sentence.words)
            tags.update(sentence.tags)
        if len(tags) < 2:
            raise BadInput(
                f"all words of the training text have the tag {next(iter(tags), '')!r}: name another data.column"
            )
        words, characters = Counter[str](), Counter[str]()
        for form, count in forms.items():
            words[form.lower() if lower else form] += count
            characters.update(dict.fromkeys(form[:LONGEST], 1))  # in order, as a set is not: numbers are to repeat
        names = [tag for tag, _ in tags.most_common()]
        enough = min(min_count, max(characters.values()))  # of a handful of sentences the commonest, not none
        return cls(_selected(words, min_count), _selected(characters, enough), names, lower)

    def word(self, form: str) -> int:
        """The number of a word."""
        return self._words.get(form.lower() if self.lower else form, self._words[UNKNOWN])

    def spelling(self, form: str) -> list[int]:
        """The numbers of its characters, of long words the first ``LONGEST``."""
        unknown = self._characters[UNKNOWN]
        return [self._characters.get(character, unknown) for character in form[:LONGEST]]

    def state(self) -> dict[str, Any]:
        """What :meth:`from_state` makes it of again, in plain lists."""
        parts = {"words": self.words, "characters": self.characters, "tags": self.tags}
        return {**parts, "lower": self.lower}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Lexicon":
        """The lexicon of that :meth:`state`."""
        return cls(**state)


def _selected(counts: Counter[str], min_count: int) -> list[str]:
    names, numbers = zip(*counts.items(), strict=True)
    return Vocabulary.select(names, np.array(numbers), min_count, unknown=True).words


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}
