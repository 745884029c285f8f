"""Minimal pairs of English, of brackets and of LaTeX, each made for some distances."""

import random
from collections.abc import Callable, Sequence

from embedlab.evaluation.agreement import MinimalPair

_NOUNS = (
    ("company", "companies"), ("bank", "banks"), ("plan", "plans"), ("market", "markets"), ("firm", "firms"),
    ("analyst", "analysts"), ("manager", "managers"), ("unit", "units"), ("report", "reports"), ("law", "laws"),
    ("problem", "problems"), ("printer", "printers"), ("agency", "agencies"), ("product", "products"),
    ("price", "prices"), ("result", "results"), ("king", "kings"), ("house", "houses"),
)  # fmt: skip
_PEOPLE = (
    ("man", "woman"), ("father", "mother"), ("husband", "wife"), ("son", "daughter"), ("brother", "sister"),
    ("king", "queen"), ("boy", "girl"),
)  # fmt: skip
_PHRASES = (
    "of the city", "of the banks", "in the market", "in the streets", "near the house", "near the offices",
    "with the report", "with the laws", "from the office", "from the states", "at the court", "by the roads",
    "for the king", "for the men", "under the law", "on the houses",
)  # fmt: skip
_WORDS_OF_A_PHRASE = 3


def number(most_phrases: int = 6, repeats: int = 2, seed: int = 0) -> list[MinimalPair]:
    """As in "the bank of the cities is", "the banks of the cities are": the verb's number is the first noun's.

    Phrases of nouns of both numbers stand between. The distance is in words.
    """
    verbs = ((" is ", " are "), (" was ", " were "), (" has ", " have "))
    return _with_phrases([(f"the {one}", f"the {many}") for one, many in _NOUNS], verbs, most_phrases, repeats, seed)


def pronoun(most_phrases: int = 6, repeats: int = 2, seed: int = 0) -> list[MinimalPair]:
    """As in "the wife of the king said that she": the pronoun is the first person's. The distance is in words."""
    answers = ((" said that he ", " said that she "), (" said he ", " said she "), (" and his ", " and her "))
    return _with_phrases([(f"the {he}", f"the {she}") for he, she in _PEOPLE], answers, most_phrases, repeats, seed)


def _with_phrases(
    cues: Sequence[tuple[str, str]], answers: Sequence[tuple[str, str]], most: int, repeats: int, seed: int
) -> list[MinimalPair]:
    draw = random.Random(seed)
    pairs = []
    for count in range(most + 1):
        for cue in cues:
            for answer in answers:
                for _ in range(repeats if count else 1):
                    between = "".join(f" {phrase}" for phrase in draw.sample(_PHRASES, count))
                    pairs.append(MinimalPair(cue, between, answer, count * _WORDS_OF_A_PHRASE))
    return pairs


_FILLING = (
    "the", "of", "and", "to", "in", "that", "with", "all", "for", "be", "not", "this", "have", "from", "but", "by",
    "are", "as", "which", "they", "so", "let", "we", "if", "on",
)  # fmt: skip
_LENGTHS = (1, 3, 10, 30, 100)


def bracket(lengths: Sequence[int] = _LENGTHS, repeats: int = 20, seed: int = 0) -> list[MinimalPair]:
    """A bracket, any words, the bracket that closes it: ``(`` or ``[``. The distance is in characters."""
    return _with_words(("(", "["), "", (")", "]"), lengths, repeats, seed)


def environment(lengths: Sequence[int] = _LENGTHS, repeats: int = 20, seed: int = 0) -> list[MinimalPair]:
    r"""LaTeX: ``\begin{lemma} … \end{lemma}``, or ``proof``. The distance is in characters between the two lines."""
    cues = "\\begin{lemma}\n", "\\begin{proof}\n"
    return _with_words(cues, "\n\\end{", ("lemma}", "proof}"), lengths, repeats, seed)


def _with_words(
    cues: tuple[str, str], end: str, answers: tuple[str, str], lengths: Sequence[int], repeats: int, seed: int
) -> list[MinimalPair]:
    draw = random.Random(seed)
    pairs = []
    for length in lengths:
        for _ in range(repeats):
            words = " ".join(draw.choices(_FILLING, k=length))  # each is at least a character
            pairs.append(MinimalPair(cues, words[:length] + end, answers, length))
    return pairs


PROBES: dict[str, Callable[[], list[MinimalPair]]] = {
    "number": number, "pronoun": pronoun, "bracket": bracket, "environment": environment,
}  # fmt: skip
