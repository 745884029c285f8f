"""Files that a kill or a full disk can't leave half written."""

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: str | bytes | memoryview) -> None:
    """Write a file whole or not at all, its folder made where there is none.

    Raises:
        OSError: it can't be written; what was there before stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error  # a write that fails names no file by itself


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write NumPy arrays by name, as ``numpy.load`` reads them; else as :func:`write_atomically`."""
    import numpy as np  # whoever only writes text does without it

    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_atomically(path, content.getbuffer())
