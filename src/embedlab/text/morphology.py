"""Russian lemmas and parts of speech, word by word."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from embedlab.errors import BadInput

# Universal part-of-speech tags of OpenCorpora's, which pymorphy gives.
UNIVERSAL = {
    "NOUN": "NOUN", "ADJF": "ADJ", "ADJS": "ADJ", "COMP": "ADJ", "VERB": "VERB", "INFN": "VERB", "PRTF": "VERB",
    "PRTS": "VERB", "GRND": "VERB", "NUMR": "NUM", "ADVB": "ADV", "NPRO": "PRON", "PRED": "ADV", "PREP": "ADP",
    "CONJ": "CCONJ", "PRCL": "PART", "INTJ": "INTJ",
}  # fmt: skip
# All of Universal Dependencies.
TAGS = frozenset(
    {
        "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ",
        "SYM", "VERB", "X",
    }
)  # fmt: skip
# Grammemes that say more than the part of speech does.
TELLING = {
    "Name": "PROPN", "Surn": "PROPN", "Patr": "PROPN", "Geox": "PROPN", "Orgn": "PROPN", "Trad": "PROPN",
    "Apro": "DET", "NUMB": "NUM", "ROMN": "NUM",
}  # fmt: skip


class Morphology:
    """A word's most probable lemma, ``слово``, or lemma and tag as RusVectōrēs' vectors name words, ``слово_NOUN``.

    Each word is judged alone. A word it does not know has its form as lemma, or the tag X.
    """

    def __init__(self, tagged: bool = False, analyzer: Any = None) -> None:
        """Nothing is loaded before the first word.

        Args:
            tagged: add the tag.
            analyzer: anything with ``parse(word)`` as pymorphy3's; that if None.
        """
        self.tagged, self._analyzer = tagged, analyzer

    def __repr__(self) -> str:
        own = "" if self._analyzer is None else f", {type(self._analyzer).__name__}"
        return f"Morphology(tagged={self.tagged}{own})"

    def __call__(self, word: str) -> str:
        """The lemma, with its tag if it is wanted."""
        analyzer = self._analyzer or _pymorphy()
        parse = analyzer.parse(word)[0]
        return f"{parse.normal_form}_{universal_tag(parse.tag)}" if self.tagged else parse.normal_form


def split_tag(word: str) -> tuple[str, str]:
    """``слово_NOUN`` as ``("слово", "NOUN")``; beside a word without a Universal Dependencies tag stands ''."""
    lemma, _, tag = word.rpartition("_")
    return (lemma, tag) if lemma and tag in TAGS else (word, "")


def are_tagged(words: Sequence[str]) -> bool:
    """Whether these words, most frequent first, carry tags: most of the first hundred do."""
    first = words[:100]
    return 2 * sum(bool(split_tag(word)[1]) for word in first) > len(first)


def universal_tag(tag: Any) -> str:
    """The Universal Dependencies tag of an OpenCorpora tag; X if there is none."""
    for grammeme, name in TELLING.items():
        if grammeme in tag.grammemes:
            return name
    return UNIVERSAL.get(tag.POS, "X")


@cache
def _pymorphy() -> Any:
    try:
        from pymorphy3 import MorphAnalyzer
    except ImportError:
        raise BadInput("Russian lemmas need pymorphy3: pip install 'embedlab[russian]'") from None
    return MorphAnalyzer()
