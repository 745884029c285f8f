"""Lightning callbacks."""

from embedlab.callbacks.finite import StopOnNonFinite
from embedlab.callbacks.history import History

__all__ = ["History", "StopOnNonFinite"]
