"""Where text comes from: files, plain or compressed, and data sets of the `datasets` library."""

import bz2
import glob
import gzip
import hashlib
import lzma
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.kernels.vocabulary import PADDING

CHUNK = 1 << 20  # bytes read at a time: with what is made of them they stay in cache
LONGEST = 16 * CHUNK  # bytes without any white space, before it is said that this is no text
ENDS = 1 << 16  # bytes of a file's head and tail that its identity depends on
BOM = b"\xef\xbb\xbf"
OPENERS: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}


class TextSource(Protocol):
    """Text in UTF-8, read from the start as often as one likes."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def size(self) -> int | None:
        """In units of its own; None if it is not known."""

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """Pieces of text, and how far into ``size`` each reaches."""

    def identity(self) -> Any:
        """What JSON can hold, and changes when the text does; None if that cannot be told."""


@dataclass(frozen=True)
class TextFile:
    """A file in UTF-8; ``.gz``, ``.xz`` and ``.bz2`` are decompressed on the way."""

    path: Path

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """Pieces of text, and the bytes read.

        Raises:
            BadInput: it is binary, or a compressed file that is broken.
        """
        opener = OPENERS.get(self.path.suffix)
        first = True
        with self.path.open("rb", buffering=CHUNK if opener else 0) as raw:
            stream = opener(raw) if opener else raw
            try:
                while chunk := stream.read(CHUNK):
                    if b"\0" in chunk:
                        raise BadInput(f"{self.path}: a binary file (or UTF-16), not UTF-8 text: it holds NUL bytes")
                    yield chunk.removeprefix(BOM) if first else chunk, raw.tell()
                    first = False
            except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
                raise BadInput(f"{self.path}: a broken {self.path.suffix[1:]} file ({error}): fetch it anew") from None
            except OSError as error:
                if opener is not bz2.open or error.errno is not None:
                    raise
                raise BadInput(f"{self.path}: a broken bz2 file ({error}): fetch it anew") from None

    def identity(self) -> Any:
        """Path, size, time of change, and a hash of the first and last 64 KB."""
        try:
            stat = self.path.stat()
            with self.path.open("rb") as file:
                digest = hashlib.sha256(file.read(ENDS))
                file.seek(max(0, stat.st_size - ENDS))
                digest.update(file.read(ENDS))
        except PermissionError:
            raise BadInput(f"{self.path}: this user may not read it") from None
        return [str(self.path.resolve()), stat.st_size, stat.st_mtime_ns, digest.hexdigest()]


def text_files(paths: str | Path | Iterable[str | Path]) -> list[TextFile]:
    """Files named by paths, patterns (``news/*.gz``, ``**`` for any folders) or folders (all files in them).

    Files of one pattern or folder come in the order of their names; hidden ones are passed over.

    Raises:
        BadInput: nothing is there.
    """
    files: list[TextFile] = []
    for given in [paths] if isinstance(paths, str | Path) else paths:
        path = Path(given).expanduser()
        if path.is_dir():
            inside = (p for p in path.rglob("*") if not any(part.startswith(".") for part in p.relative_to(path).parts))
            found = sorted(p for p in inside if p.is_file())
        elif path.exists():
            found = [path]
        else:
            found = sorted(p for p in map(Path, glob.glob(str(path), recursive=True)) if p.is_file())
        if not found:
            unset = "EMBEDLAB_DATA" not in os.environ and path.parts[:1] == ("data",)
            hint = "; EMBEDLAB_DATA names the folder of the data sets" if unset else ""
            raise BadInput(f"{given}: no such text file, and no file matches it as a pattern{hint}")
        files += map(TextFile, found)
    if not files:
        raise BadInput("no text files are named")
    return files


def whole_words(text: TextSource) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """The text in blocks that end with white space, each followed by ``PADDING`` spaces, and how far each reaches.

    Raises:
        BadInput: no white space in 16 MB, or what the source raises.
    """
    rest, reached = b"", 0
    for chunk, reached in text.chunks():
        cut = _last_white(chunk) + 1
        if cut == 0:
            rest += chunk
            if len(rest) > LONGEST:
                raise BadInput(f"{text.name}: {LONGEST >> 20} MB without white space: this is no text of words")
            continue
        yield _padded(rest, memoryview(chunk)[:cut]), reached
        rest = chunk[cut:]
    yield _padded(rest), reached


def _last_white(chunk: bytes) -> int:
    """Where the last byte ≤ 32 is; -1 if there is none."""
    values = np.frombuffer(chunk, np.uint8)
    for window in (1 << 8, len(chunk)):
        found = np.flatnonzero(values[-window:] <= 32)
        if len(found):
            return max(0, len(chunk) - window) + int(found[-1])
    return -1


def _padded(*parts: bytes | memoryview) -> NDArray[np.uint8]:
    block = bytearray().join([*parts, b" " * PADDING])
    return np.frombuffer(block, np.uint8)
