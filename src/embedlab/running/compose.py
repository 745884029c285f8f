"""`embedlab train`: Hydra composes the config, runs one job or a sweep of them, and its errors become one line."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from embedlab.errors import BadInput
from embedlab.running.catalog import conf_dir, keys, nearest
from embedlab.running.launch import launch
from embedlab.running.rundir import RunDir


@dataclass
class Outcome:
    """Where the jobs of one `embedlab train` lie, and the errors of those that failed."""

    directory: Path | None = None
    sweep: bool = False
    failed: dict[Path, Exception] = field(default_factory=dict)


def train_command(arguments: Sequence[str]) -> Outcome:
    """Compose the config from command-line overrides and run it; in a sweep a failed job does not stop the others.

    Raises:
        BadInput: the command line asks for something that is not there.
    """
    if {"-m", "--multirun"} & set(arguments) and any(a.startswith("run_dir=") for a in arguments):
        raise BadInput("run_dir=…: names one run; the folder of a sweep is hydra.sweep.dir=PATH")
    outcome = Outcome()

    def job(config: DictConfig) -> None:
        settings = HydraConfig.get()
        run = RunDir(Path(settings.runtime.output_dir))
        config.run_dir = str(run.path)
        outcome.sweep = settings.mode == RunMode.MULTIRUN
        outcome.directory = Path(settings.sweep.dir).absolute() if outcome.sweep else run.path
        try:
            launch(config, run, list(settings.overrides.task))
        except Exception as error:
            outcome.failed[run.path] = error

    main = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")(job)
    before, sys.argv = sys.argv, ["embedlab train", *arguments]
    try:
        main()
    except (HydraException, OmegaConfBaseException) as error:
        raise BadInput(explain(error)) from error
    finally:
        sys.argv = before
    if outcome.failed and not outcome.sweep:
        raise next(iter(outcome.failed.values()))
    return outcome


def explain(error: Exception) -> str:
    """Hydra's or OmegaConf's complaint in one line, with the nearest name that exists."""
    if isinstance(error, MissingConfigException) and error.options:
        wrong = Path(error.missing_cfg_file or "").name
        group = str(Path(error.missing_cfg_file or "").parent)
        return f"{group}={wrong}: no such {group}; {nearest(wrong, error.options)}"
    if isinstance(error, OverrideParseException):
        said = error.override or str(error).splitlines()[0]
        return f"{said}: not an override Hydra can read; write key=value, quoting values with commas"
    text = " ".join(str(error).split())
    cause: Any = error.__cause__ or error
    match = re.search(r"Key '([^']+)' is not in struct", f"{text} {cause}")
    if match:
        override = re.search(r"Could not override '([^']+)'", text)
        key = override.group(1) if override else match.group(1)
        return f"{key}: no such key; {_nearest_key(key)}; to add a new key write +{key}=…"
    match = re.search(r"Could not find '([^']+)'|Could not override '([^']+)'\. No match in the defaults list", text)
    if isinstance(error, ConfigCompositionException) and match:
        key = match.group(1) or match.group(2)
        return f"{key}: no such key or group; {_nearest_key(key)}"
    return text


def _nearest_key(key: str) -> str:
    """The existing keys are those of the config without the wrong override."""
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train")
    return nearest(key, keys(config))
