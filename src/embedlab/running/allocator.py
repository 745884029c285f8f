"""Memory that a training step frees, kept for the next."""

import ctypes

KEPT = 1 << 28  # bytes: larger blocks, and more than so much at the end of the heap, still go back to the system
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of malloc.h


def keep_freed_memory() -> None:
    """Have the C library keep freed blocks for this process.

    Each step takes and frees blocks of the same sizes, some of many megabytes. Given back to the system, such a block
    comes anew as pages of zeros, each by a fault of its own: up to a fifth of a step of a small language model. Where
    the C library is not glibc, nothing is done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_TRIM_THRESHOLD, KEPT)
    mallopt(_MMAP_THRESHOLD, KEPT)
