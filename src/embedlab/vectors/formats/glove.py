"""GloVe's text format: a word and its numbers on each line, without a header."""

from pathlib import Path

from embedlab.errors import BadInput
from embedlab.vectors.formats.files import opened, replacing
from embedlab.vectors.formats.text_rows import read_rows, write_rows
from embedlab.vectors.word_vectors import WordVectors


def read(path: Path) -> WordVectors:
    """Read it; the first line says how many numbers there are.

    Raises:
        BadInput: empty, or a line that does not go with the first.
    """
    with opened(path) as file:
        dim = len(file.readline().split()) - 1
        if dim < 1:
            raise BadInput(f"{path}, line 1: a word and its numbers are expected")
        file.seek(0)
        return WordVectors(*read_rows(file, path, dim, line=1))


def write(vectors: WordVectors, path: Path) -> None:
    """Write it; subwords, counts and the rest stay behind."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        write_rows(file, path, vectors.index_to_key, vectors.vectors)
