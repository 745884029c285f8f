"""One-dimensional ``.npy`` files written bit by bit."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray


class NpyAppender:
    """Appends to an array whose length is only known in the end; a context manager that then writes it.

    NumPy leaves room in a header for its length to grow, so all headers of a type are of one size.
    """

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self.path, self.dtype, self.length = path, np.dtype(dtype), 0

    def __enter__(self) -> "NpyAppender":
        self._file = self.path.open("wb")
        self._header()
        return self

    def __exit__(self, *_: Any) -> None:
        with self._file:
            self._file.seek(0)
            self._header()

    def append(self, values: NDArray[Any]) -> None:
        """Writes ``(n,)`` values of the array's type at its end."""
        self._file.write(np.ascontiguousarray(values, self.dtype).data)
        self.length += len(values)

    def _header(self) -> None:
        header = {"descr": npy.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.length,)}
        npy.write_array_header_1_0(self._file, header)
