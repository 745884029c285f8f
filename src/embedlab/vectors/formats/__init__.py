"""The formats word vectors are kept in, one a file, found by a file's name and first bytes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from embedlab.errors import BadInput
from embedlab.vectors.formats import arrays, fasttext, glove, word2vec
from embedlab.vectors.formats.files import opened
from embedlab.vectors.word_vectors import WordVectors

_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f\x7f]")  # what no text holds, but numbers in binary soon do


class Format(NamedTuple):
    """How a format is read and written, and the ending of its files' names."""

    read: Callable[[Path], WordVectors]
    write: Callable[[WordVectors, Path], None]
    suffix: str


FORMATS = {
    "word2vec": Format(word2vec.read_text, word2vec.write_text, ".txt"),
    "word2vec-bin": Format(word2vec.read_binary, word2vec.write_binary, ".bin"),
    "fasttext": Format(fasttext.read, fasttext.write, ".bin"),
    "glove": Format(glove.read, glove.write, ".txt"),
    "npz": Format(arrays.read_npz, arrays.write_npz, ".npz"),
    "safetensors": Format(arrays.read_safetensors, arrays.write_safetensors, ".safetensors"),
}
SPARSE = ("npz", "safetensors")  # formats that keep sparse vectors


def load(path: str | Path) -> WordVectors:
    """Vectors from a file of any of :data:`FORMATS`; those of text and of word2vec may be packed (``.gz``).

    Raises:
        BadInput: no such file, or damaged; names the file and, where there are lines, the line.
    """
    path = Path(path)
    try:
        return FORMATS[format_of(path)].read(path)
    except BadInput as error:
        if str(path) in str(error):
            raise  # with `from error` it would be its own cause, which whoever looks for the first cause never ends at
        raise BadInput(f"{path}: {error}") from error


def save(vectors: WordVectors, path: str | Path, format: str | None = None) -> None:
    """Write vectors to a file, whole or not at all.

    Args:
        vectors: what to write.
        path: where; a file that is there is replaced once all is written.
        format: of :data:`FORMATS`; by default the one the path's ending says: ``.txt`` and ``.vec`` are word2vec's
            text, ``.bin`` is fastText where there are subwords and word2vec's binary where there are none.

    Raises:
        BadInput: an unknown format; a word, or sparse vectors, the format can't say; the file can't be written (the old
            one stays).
    """
    path = Path(path)
    by_suffix = {
        ".txt": "word2vec", ".vec": "word2vec", ".bin": "fasttext" if vectors.subwords else "word2vec-bin",
        ".npz": "npz", ".safetensors": "safetensors",
    }  # fmt: skip
    name = format or by_suffix.get(path.suffix)
    if name not in FORMATS:
        asked = f"{format}: no such format" if format else f"{path}: its ending says no format"
        raise BadInput(f"{asked}; there are {', '.join(FORMATS)}, and the endings {', '.join(by_suffix)}")
    if vectors.is_sparse and name not in SPARSE:
        raise BadInput(
            f"{path}: {name} has no sparse vectors, as these of {vectors.vector_size:,} numbers are; "
            f"{' and '.join(SPARSE)} have, and shorter ones (model.dimension=100) go into any format"
        )
    FORMATS[name].write(vectors, path)


def format_of(path: Path) -> str:
    """The name of a file's format: by its ending where that settles it, else by how it begins."""
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    with opened(path) as file:
        start = file.read(1 << 16)
    if not start:
        raise BadInput(f"{path}: is empty")
    if suffix in (".npz", ".safetensors"):
        return suffix[1:]
    if start.startswith(fasttext.MAGIC):
        return "fasttext"
    header, _, rest = start.partition(b"\n")
    announced = bool(word2vec.HEADER.fullmatch(header))
    if suffix == ".bin" and not announced:
        raise BadInput(f"{path}: neither a fastText model nor word2vec's binary: it begins as neither")
    if suffix == ".bin" or (announced and suffix not in (".txt", ".vec") and _CONTROL.search(rest)):
        return "word2vec-bin"
    return "word2vec" if announced or suffix == ".vec" else "glove"
