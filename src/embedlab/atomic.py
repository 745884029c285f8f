"""Files that a kill or a full disk can't leave half written."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, content: str | bytes | memoryview) -> None:
    """Write a file whole or not at all, its folder made where there is none.

    Raises:
        OSError: it can't be written; what was there before stays.
    """
    with opened_atomically(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def opened_atomically(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes its place once all is written; else as :func:`write_atomically`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error  # a write that fails names no file by itself
