"""Parts of texts: what is split off to validate and to test on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from embedlab.data.text_sources import TextSource
from embedlab.errors import BadInput

_PARTS = {"train": "train", "val": "val", "valid": "val", "dev": "val", "test": "test"}
_PART = re.compile(rf"(?:^|[._-])({'|'.join(_PARTS)})(?:[._-]|$)")


@dataclass(frozen=True)
class TextPart:
    """Bytes ``begin`` to ``end`` of a text, without the latter; of a compressed one, of what is in it."""

    text: TextSource
    begin: int
    end: int

    @property
    def name(self) -> str:
        """The text's."""
        return self.text.name

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.begin

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """Pieces of the part, and the bytes of it read."""
        at = 0
        for chunk, _ in self.text.chunks():
            piece = chunk[max(self.begin - at, 0) : max(self.end - at, 0)]
            at += len(chunk)
            if piece:
                yield piece, min(at, self.end) - self.begin
            if at >= self.end:
                return

    def identity(self) -> Any:
        """The text's, and which part."""
        whole = self.text.identity()
        return None if whole is None else [whole, self.begin, self.end]


def parts_by_name(path: Any) -> dict[str, str]:
    """``train``, ``val`` and ``test`` of a folder that has one file of each, as ``ptb.train.txt`` or ``test.txt``.

    ``val`` may also be called ``valid`` or ``dev``. Nothing, if the path is anything else.
    """
    if not isinstance(path, str | Path) or not Path(path).expanduser().is_dir():
        return {}
    found: dict[str, list[str]] = {}
    for file in Path(path).expanduser().iterdir():
        if match := _PART.search(file.name):
            found.setdefault(_PARTS[match[1]], []).append(str(file))
    if sorted(found) != sorted({*_PARTS.values()}) or any(len(files) > 1 for files in found.values()):
        return {}
    return {name: file for name, (file,) in found.items()}


def split_off(texts: Sequence[TextSource], fractions: Sequence[float]) -> list[list[TextSource]]:
    """Texts, one after the other, in parts: what is left, then a part for each fraction, in the order of the text.

    A cut is at the first end of a line from its place on; where none follows in that text, after white space.

    Args:
        texts: any number of them.
        fractions: of all bytes, each above 0, together below 1.

    Raises:
        BadInput: fractions that are none; a part would be empty.
    """
    if not fractions:
        return [list(texts)]
    if min(fractions) <= 0 or sum(fractions) >= 1:
        raise BadInput(
            f"fractions {', '.join(map(str, fractions))}: each part is above 0 and all together are below 1; or name "
            "files: data.val_path=FILE data.test_path=FILE"
        )
    lengths = [sum(len(chunk) for chunk, _ in text.chunks()) for text in texts]
    left = [sum(fractions[k:]) for k in range(len(fractions))]
    cuts = [0, *(_cut(texts, lengths, int(sum(lengths) * (1 - rest))) for rest in left), sum(lengths)]
    parts = [_part(texts, lengths, begin, end) for begin, end in pairwise(cuts)]
    if not all(parts):
        raise BadInput(
            f"{texts[-1].name}: too few lines to split off {', '.join(map(str, fractions))} of the text; or name "
            "files: data.val_path=FILE data.test_path=FILE"
        )
    return parts


def _cut(texts: Sequence[TextSource], lengths: Sequence[int], place: int) -> int:
    """The first end of a line, by bytes of all texts, at the place or after it."""
    ends = list(accumulate(lengths))
    number = next(number for number, end in enumerate(ends) if place < end)
    text, length, before = texts[number], lengths[number], ends[number] - lengths[number]
    at, space = 0, length
    for chunk, _ in text.chunks():
        start = max(place - before - 1 - at, 0)
        if start < len(chunk):
            if (newline := chunk.find(b"\n", start)) >= 0:
                return before + at + newline + 1
            if space == length and (found := chunk.find(b" ", start)) >= 0:
                space = at + found + 1
        at += len(chunk)
    return before + space


def _part(texts: Sequence[TextSource], lengths: Sequence[int], begin: int, end: int) -> list[TextSource]:
    found, before = list[TextSource](), 0
    for text, length in zip(texts, lengths, strict=True):
        first, last = max(begin - before, 0), min(end - before, length)
        if first < last:
            found.append(text if last - first == length else TextPart(text, first, last))
        before += length
    return found
