"""Running text as treebanks have it: punctuation on its own, English ``n't`` and ``'s`` apart from their word."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embedlab.kernels.vocabulary import PADDING
from embedlab.text.tokenize import Tokenizer

_LETTER = r"[\w\u0300-\u036f]"  # accents may be characters of their own
_BEFORE_WORDS = (
    r"(?:https?://|www\.)\S*[\w/]",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    rf"[@#]{_LETTER}+",
    r"\d+(?:[.,:]\d+)+",
    r"(?:[^\W\d]\.){2,}",  # U.S., т.е.
    rf"{_LETTER}+?(?=n['’]t\b)|n['’]t\b",
    r"['’](?:s|m|d|re|ve|ll)\b",
)
_AFTER_WORDS = (
    r"[:;]-?[()DP](?!\w)",
    r"(?P<mark>[^\w\s])(?P=mark)*(?:[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[^\w\s])*",  # an emoji is several
)


@dataclass(frozen=True)
class Treebank(Tokenizer):
    """Words, numbers, addresses, and each punctuation mark, or run of the same mark: ``Isn't`` is ``Is`` and ``n't``.

    Args:
        lower: lower-case tokens.
        fold_yo: write е for ё.
        normal_form: what else is done to a token.
        joiners: characters that belong to a word if one of them stands between two of its letters: ``"-"`` for
            languages whose treebanks leave ``кто-то`` whole.
    """

    joiners: str = ""

    def split(self, block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Tokens, in UTF-8.

        Raises:
            UnicodeDecodeError: the block is not UTF-8.
        """
        word = rf"{_LETTER}+"
        if self.joiners:
            word += rf"(?:[{re.escape(self.joiners)}]{_LETTER}+)*"
        pattern = "|".join([*_BEFORE_WORDS, word, *_AFTER_WORDS])
        text = re.sub(pattern, "\\g<0>\0", block[:-PADDING].tobytes().decode(), flags=re.IGNORECASE)
        return np.frombuffer(bytearray(text.encode() + b" " * PADDING), np.uint8)

    def normalise(self, token: str) -> str:
        """The normal form of a token, canonically composed (NFC)."""
        return super().normalise(unicodedata.normalize("NFC", token))
