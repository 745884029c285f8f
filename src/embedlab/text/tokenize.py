"""How text becomes tokens: it is split, as bytes, and each distinct token is then given its normal form.

Normal forms are made once per distinct token and not at each of its occurrences, so even a slow one costs little.
"""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from embedlab.kernels.splitting import JOINER, OTHER, WORD, blank_out_others
from embedlab.kernels.vocabulary import PADDING
from embedlab.text.vocabulary import EOS, NEWLINE


@dataclass(frozen=True)
class Tokenizer(ABC):
    """What all tokenizers share. Its ``repr`` names all that its tokens depend on.

    Args:
        lower: lower-case tokens.
        fold_yo: write е for ё (and Е for Ё).
        normal_form: what else is done to a token, for example :class:`embedlab.text.Morphology`; after the two above.
            A token whose normal form is empty is dropped.
    """

    lower: bool = False
    fold_yo: bool = False
    normal_form: Callable[[str], str] | None = None

    @abstractmethod
    def split(self, block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Tokens as runs of bytes above 32, in a block of UTF-8 that ends with ``PADDING`` spaces; so does the result.

        Newlines stay where they are.
        """

    def normalise(self, token: str) -> str:
        """The normal form of a token."""
        if self.lower:
            token = token.lower()
        if self.fold_yo:
            token = token.replace("ё", "е").replace("Ё", "Е")
        return self.normal_form(token) if self.normal_form else token

    def written(self, token: str) -> str:
        """How a token stands in running text: a word is followed by a space, and ``<eos>`` ends a line."""
        return "\n" if token == EOS else f"{token} "

    def __call__(self, text: str) -> list[str]:
        """The tokens of a text."""
        block = np.frombuffer(bytearray(text.encode() + b" " * PADDING), np.uint8)
        spaces = bytes.maketrans(bytes(range(33)), b" " * 33)
        tokens = self.split(block).tobytes().translate(spaces).decode().split(" ")
        return [normal for token in tokens if token and (normal := self.normalise(token))]


@dataclass(frozen=True)
class Whitespace(Tokenizer):
    """For text whose tokens are already split: what stands between bytes of 32 and below, as in word2vec."""

    def split(self, block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The block itself."""
        return block


@dataclass(frozen=True)
class Words(Tokenizer):
    """Words of letters, marks and digits of any script, canonically composed (NFC); all else separates them.

    Args:
        lower: lower-case words.
        fold_yo: write е for ё.
        normal_form: what else is done to a word.
        joiners: characters that belong to a word if one of them stands between two of its characters: with ``"'’-"``,
            ``don't`` and ``rock-and-roll`` are words.
    """

    lower: bool = True
    joiners: str = ""

    def split(self, block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Words, in UTF-8.

        Raises:
            UnicodeDecodeError: the block is not UTF-8.
        """
        return blank_out_others(block, _classes(self.joiners))

    def normalise(self, token: str) -> str:
        """The normal form of a word."""
        return super().normalise(unicodedata.normalize("NFC", token))


WHITE = {chr(code): rf"\x{code:02x}" for code in range(33)} | {" ": r"\s", "\t": r"\t", "\n": NEWLINE, "\r": r"\r"}


@dataclass(frozen=True)
class Characters(Tokenizer):
    r"""Each character is a token, white space too: it is written ``\s``, ``\n``, ``\t``, ``\r`` or ``\x0b``.

    Names of two characters and more are never those of another token. Lines are not parted, as their ends are tokens.
    """

    def split(self, block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Characters in UTF-8, a zero byte between two.

        Raises:
            UnicodeDecodeError: the block is not UTF-8.
        """
        text = "\0".join(block[:-PADDING].tobytes().decode())
        for character, name in WHITE.items():
            if character != "\0" and character in text:
                text = text.replace(character, name)
        return np.frombuffer(bytearray(text.encode() + b" " * PADDING), np.uint8)

    def written(self, token: str) -> str:
        """The character itself."""
        return _OF_NAME.get(token, token)


_OF_NAME = {name: character for character, name in WHITE.items()}


@cache
def _classes(joiners: str) -> NDArray[np.uint8]:
    classes = _word_characters().copy()
    for character in joiners:
        classes[ord(character)] = JOINER
    return classes


@cache
def _word_characters() -> NDArray[np.uint8]:
    classes = np.full(0x110000, OTHER, np.uint8)
    for plane in (range(0x40000), range(0xE0000, 0xF0000)):  # Unicode has put no characters elsewhere
        classes[plane.start : plane.stop] = [
            WORD if kind[0] in "LMN" else OTHER for kind in map(unicodedata.category, map(chr, plane))
        ]
    return classes
