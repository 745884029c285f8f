"""Vectors files are read through here, and written whole or not at all."""

import gzip
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from embedlab.errors import BadInput


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked where its name ends in ``.gz``.

    Raises:
        BadInput: it can't be read, or is a gzip file cut short.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except EOFError:
        raise BadInput(f"{path}: cut short") from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error


def contents(path: Path) -> mmap.mmap | bytes:
    """All bytes of a file, without reading those that nobody looks at."""
    with opened(path) as file:
        if path.suffix == ".gz":
            return file.read()
        if not os.fstat(file.fileno()).st_size:
            raise BadInput(f"{path}: is empty")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write to, which takes its place once all is written; until then the old file stays.

    Raises:
        BadInput: it can't be written, for lack of space say; the old file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        kept = "; the old file is as it was" if path.exists() else ""
        raise BadInput(f"{path}: {error.strerror or error}{kept}") from error
    finally:
        temporary.unlink(missing_ok=True)


def encoded(words: Sequence[str], path: Path, separators: str) -> list[bytes]:
    """The words in UTF-8.

    Raises:
        BadInput: one of them is empty or holds a separator of the format.
    """
    for word in words:
        if not word or any(separator in word for separator in separators):
            raise BadInput(f"{path}: the word {word!r} can't be said in this format; npz and safetensors take any word")
    return [word.encode(errors="surrogateescape") for word in words]


def decoded(word: bytes) -> str:
    r"""A word from UTF-8; bytes that aren't (word2vec cuts long words anywhere) as ``\xd0``."""
    return word.decode(errors="backslashreplace")
