"""Which classes a config may name.

Instantiating a config calls whatever its ``_target_`` names, so a run directory from somebody else could run any code.
The config of a *saved* run may therefore only name classes and functions **defined in** the packages below; checking
where a thing is defined, not how it is spelled, also refuses detours such as ``torch.nn.modules.torch.hub.load``.
"""

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from embedlab.errors import BadInput

TRUSTED = (
    "embedlab.losses", "embedlab.miners", "embedlab.models", "embedlab.data", "embedlab.tasks", "embedlab.callbacks",
    "embedlab.evaluation", "embedlab.memory", "embedlab.search", "embedlab.distances", "embedlab.strategies",
    "embedlab.text", "embedlab.ngrams", "embedlab.apps.language", "embedlab.apps.gallery",
    "torch.nn", "torch.optim", "torchvision.transforms", "torchvision.models", "torchmetrics",
    "pytorch_lightning.trainer", "pytorch_lightning.callbacks", "pytorch_lightning.loggers",
    "pytorch_lightning.strategies", "pytorch_lightning.plugins",
    "pytorch_metric_learning.losses", "pytorch_metric_learning.miners", "pytorch_metric_learning.distances",
    "pytorch_metric_learning.reducers", "pytorch_metric_learning.regularizers", "timm.models", "optuna.pruners",
    "datetime",
)  # fmt: skip


def check_targets(config: Any, allow: Sequence[str] = ()) -> None:
    """Refuse a config that names anything not defined in a trusted package.

    Args:
        config: plain dicts and lists.
        allow: further packages the user trusts.

    Raises:
        BadInput: names the first such class, and how to allow it.
    """
    for target in _targets(config):
        package = target.split(".")[0]
        trusted = (*TRUSTED, *allow)
        # Importing a module runs it: nothing of another package is imported at all.
        if package in {name.split(".")[0] for name in trusted} and _inside(_defined_in(target), *trusted):
            continue
        raise BadInput(
            f"this run's config names {target}, which is not in the packages a saved run may use; "
            f"if you trust it, add --allow {package}"
        )


def _targets(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        if "_target_" in config:
            yield str(config["_target_"])
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _targets(value)


def _inside(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def _defined_in(target: str) -> str:
    """Module in which the object that ``target`` leads to is defined; empty when it leads nowhere."""
    parts = target.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for name in parts[cut:]:
            found = getattr(found, name, None)
        return getattr(found, "__module__", None) or ""
    return ""
