"""Tokens on their way to a corpus: a file of int32, each token's number in order of appearance, -1 where one ends."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedlab.data.text_progress import ReadingProgress
from embedlab.data.text_sources import TextSource, whole_words
from embedlab.errors import BadInput
from embedlab.kernels.vocabulary import SENTENCE_END, WordTable
from embedlab.text.tokenize import Tokenizer

BLOCK = 1 << 18  # ids read at a time
_DROPPED = -2


def write_tokens(
    texts: Sequence[TextSource], tokenizer: Tokenizer, lines: bool, stream: Path, progress: ReadingProgress
) -> tuple[list[str], NDArray[np.int64]]:
    """Reads all texts into a stream.

    Returns:
        The distinct tokens as they were split, and how often each occurs.

    Raises:
        BadInput: a text is not UTF-8, or not of words of a sane length.
    """
    table, tokens, seen, before = WordTable(), list[str](), 0, 0
    sizes = [text.size for text in texts]
    bar = progress.begin("reading", None if None in sizes else sum(filter(None, sizes)))
    with stream.open("wb") as out:
        for text in texts:
            for block, reached in whole_words(text):
                known = table.cells
                try:
                    ids = table.add(tokenizer.split(block), lines)
                    tokens += table.words(known)
                except UnicodeDecodeError as error:
                    bad = error.object[error.start : error.start + 8]
                    raise BadInput(
                        f"{text.name}: not UTF-8 text (at the bytes {bad.hex(' ')}): convert it, for example with "
                        "iconv -f latin1 -t utf-8"
                    ) from None
                except ValueError as error:
                    raise BadInput(f"{text.name}: {error}: this is no text of words between white space") from None
                out.write(ids.data)
                seen += int(np.count_nonzero(ids >= 0))
                progress.reached(bar, before + reached, seen)
            out.write(np.array([SENTENCE_END], np.int32).data)
            before += text.size or 0
    return tokens, table.counts()


def read_ids(stream: Path) -> Iterator[NDArray[np.int32]]:
    """The stream, block by block."""
    with stream.open("rb") as file:
        while len(block := np.fromfile(file, np.int32, BLOCK)):
            yield block


def renumbered(stream: Path, numbers: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """The stream with new numbers, still with the ends of sentences; what is dropped leaves no gap."""
    with_end = np.append(numbers, np.int32(SENTENCE_END))  # so that index -1 stays -1
    for block in read_ids(stream):
        ids = with_end[block]
        yield ids[ids != _DROPPED]


def merged(names: Iterable[str]) -> tuple[list[str], NDArray[np.int32]]:
    """The distinct names in order of appearance, and the number of each name among them; empty names are dropped."""
    places: dict[str, int] = {}
    numbers = [places.setdefault(name, len(places)) if name else _DROPPED for name in names]
    return list(places), np.array(numbers, np.int32)


def summed(counts: NDArray[np.int64], numbers: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    """Counts of those that were merged ``(size,)``."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, numbers[numbers >= 0], counts[numbers >= 0])
    return sums
