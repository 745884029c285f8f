"""How the kernels are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function in machine code, without the interpreter's lock, compiled on its first call and kept on disk.

    Next to its source or, in a read-only install, in the user's cache; where neither can be written it is compiled
    anew in each process. Sums may be reordered, so that they vectorise; NaN is kept, as a NaN loss must be seen.
    """
    options: Any = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract"}}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "cannot cache function …: no locator available"
        return njit(**options)(function)
