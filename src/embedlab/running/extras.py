"""Loggers that come with an extra of embedlab, checked before anything is trained."""

import importlib.util

from omegaconf import DictConfig

from embedlab.errors import BadInput

LOGGERS = ("mlflow", "tensorboard", "trackio")  # the logger, its package and the extra go by one name


def check_loggers(config: DictConfig) -> None:
    """See that the packages of the loggers are there.

    Raises:
        BadInput: one is not; with the extra that brings it.
    """
    for name in config.get("logger") or ():
        if name in LOGGERS and importlib.util.find_spec(name) is None:
            raise BadInput(f"logger=[{name}]: not installed; pip install 'embedlab[{name}]'")
