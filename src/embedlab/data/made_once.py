"""Directories in the cache that are made once, and found again."""

import errno
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embedlab.errors import BadInput

FINGERPRINT = "fingerprint.json"
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)


def made_once(directory: Path, make: Callable[[Path], Mapping[str, Any]]) -> Path:
    """The directory, which its name says all about, filled unless that was done before.

    Processes that want the same one at the same time wait for the first. One that is killed leaves nothing that looks
    finished.

    Args:
        directory: where; ``.lock`` and, while it is made, ``.partial`` stand beside it.
        make: fills a directory, and gives what is to be told of it in ``fingerprint.json``.

    Raises:
        BadInput: it can't be written.
    """
    try:
        with _held(directory.with_suffix(".lock")):
            if not (directory / FINGERPRINT).exists():
                _make(directory, make)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise BadInput(f"{directory.parent}: {error.strerror}: set EMBEDLAB_CACHE to a folder with room") from error
    return directory


def _make(directory: Path, make: Callable[[Path], Mapping[str, Any]]) -> None:
    partial = directory.with_suffix(".partial")  # left by one that was killed, as the lock is ours
    for old in (partial, directory):
        shutil.rmtree(old, ignore_errors=True)
    partial.mkdir()
    try:
        (partial / FINGERPRINT).write_text(json.dumps(make(partial), indent=1))
        partial.rename(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """While no other process holds the same lock."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
