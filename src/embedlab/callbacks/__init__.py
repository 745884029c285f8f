"""Lightning callbacks."""

from embedlab.callbacks.finite import StopOnNonFinite
from embedlab.callbacks.history import History
from embedlab.callbacks.pruning import Pruning

__all__ = ["History", "Pruning", "StopOnNonFinite"]
