"""Lightning callbacks and loggers."""

from embedlab.callbacks.averaging import NonMonotonicAveraging
from embedlab.callbacks.finite import StopOnNonFinite
from embedlab.callbacks.history import History
from embedlab.callbacks.mlflow_run import MlflowRun
from embedlab.callbacks.pruning import Pruning
from embedlab.callbacks.samples import Samples
from embedlab.callbacks.trackio_run import TrackioRun
from embedlab.callbacks.wandb_run import WandbRun

__all__ = [
    "History", "MlflowRun", "NonMonotonicAveraging", "Pruning", "Samples", "StopOnNonFinite", "TrackioRun", "WandbRun",
]  # fmt: skip
