"""How the kernels are compiled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

# Numba keeps compiled code while the file of the function itself is unchanged; kernels are built of several files.
_SOURCES = tuple(
    (path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(Path(__file__).parent.glob("*.py"))
)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function in machine code, without the interpreter's lock, compiled on its first call and kept on disk.

    Next to its source or, in a read-only install, in the user's cache, until any file of this package changes; where
    neither can be written it is compiled anew in each process. Sums may be reordered, so that they vectorise; NaN is
    kept, as a NaN loss must be seen.
    """
    options: Any = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract"}}
    try:
        dispatcher = njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "cannot cache function …: no locator available"
        return njit(**options)(function)
    index = dispatcher._cache._cache_file
    index._source_stamp = (index._source_stamp, _SOURCES)
    return dispatcher
