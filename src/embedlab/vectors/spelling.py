"""The known word somebody may have meant."""

import difflib
from collections.abc import Mapping, Sequence

_SEARCHED = 100_000  # of the most frequent words: a second at most


def nearest_spelling(word: str, words: Sequence[str], index: Mapping[str, int]) -> str | None:
    """The word that differs in case only, or else the most similar of the most frequent ones; None if none is near.

    Args:
        word: the unknown one.
        words: the known ones, most frequent first.
        index: place of each known word.
    """
    for variant in (word.lower(), word.capitalize(), word.upper(), word.title()):
        if variant in index:
            return variant
    near = difflib.get_close_matches(word, words[:_SEARCHED], n=1, cutoff=0.7)
    return near[0] if near else None
