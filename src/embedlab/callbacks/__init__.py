"""Lightning callbacks."""

from embedlab.callbacks.finite import StopOnNonFinite
from embedlab.callbacks.history import History
from embedlab.callbacks.pruning import Pruning
from embedlab.callbacks.wandb_run import WandbRun

__all__ = ["History", "Pruning", "StopOnNonFinite", "WandbRun"]
