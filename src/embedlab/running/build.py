"""From a config to the objects of a run."""

import inspect
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf, open_dict

from embedlab.errors import BadInput


@dataclass(frozen=True)
class Built:
    """Data and task of a run."""

    data: Any
    task: pl.LightningModule


def build_data(config: DictConfig) -> Any:
    """The data module; what it holds, and what the loss is meant for, go into the config to build the model from.

    Of a model that has it, so does ``output_dim``, for the loss.
    """
    data = make(config.data)
    loss = get_object(config.loss._target_) if "loss" in config else None
    with open_dict(config):
        config.embedding = {"unit_length": getattr(loss, "unit_length", True)}
        config.sizes = data.sizes
        if "model" in config and hasattr(get_object(config.model._target_), "output_dim"):
            with torch.device("meta"):  # sizes only: no memory, no random numbers
                config.sizes.output_dim = make(config.model).output_dim
    return data


def build(config: DictConfig, data: Any = None) -> Built:
    """Data first, unless it is there already, then the task with its model and loss, whose sizes come from the data."""
    data = data or build_data(config)
    return Built(data, make(config.task))


def make(node: Any, **more: Any) -> Any:
    """Instantiate a config node.

    Raises:
        BadInput: with the one line that says which value is wrong, when a constructor refused it.
    """
    try:
        return instantiate(node, _convert_="all", **more)
    except InstantiationException as error:
        cause = error.__cause__
        while isinstance(cause, InstantiationException) and cause.__cause__ is not None:
            cause = cause.__cause__
        if isinstance(cause, ValueError | OSError | MisconfigurationException):
            raise BadInput(" ".join(str(cause).split())) from error
        if isinstance(cause, TypeError):  # an unknown or missing argument, or words where a number belongs
            key = _key(error)
            words = _words_for_a_number(OmegaConf.select(node._get_root(), key)) if OmegaConf.is_config(node) else None
            raise BadInput(f"{_shown(key)}.{words}" if words else f"{_shown(key)}: {_first_line(cause)}") from error
        raise BadInput(_first_line(error)) from error


def plain(config: DictConfig) -> dict[str, Any]:
    """The config as plain dicts and lists, every interpolation resolved."""
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def _words_for_a_number(node: Any) -> str | None:
    """The first ``key=value`` of a node whose constructor takes a number and is given words."""
    parameters = inspect.signature(get_object(node._target_)).parameters
    for name, value in node.items():
        wanted = getattr(parameters.get(name), "annotation", None)
        if isinstance(value, str) and wanted in (int, float, int | None, float | None):
            return f"{name}={value}: a number is expected here"
    return None


def _shown(key: str) -> str:
    """The key as a user overrides it: the parts of a task have groups of their own."""
    return key.removeprefix("task.")


def _key(error: Exception) -> str:
    for line in str(error).splitlines():
        if line.strip().startswith("full_key:"):
            return line.split(":", 1)[1].strip()
    return "config"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
