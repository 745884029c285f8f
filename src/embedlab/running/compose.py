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
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from embedlab.errors import BadInput
from embedlab.running.catalog import conf_dir, keys, nearest
from embedlab.running.disk import refused
from embedlab.running.rundir import RunDir
from embedlab.running.sweepdir import SweepDir

EXTRAS = {"joblib": "joblib", "submitit_slurm": "slurm", "submitit_local": "slurm"}


@dataclass
class Outcome:
    """Where the jobs of one `embedlab train` lie, and what those that failed said."""

    directory: Path | None = None
    failed: dict[Path, str] = field(default_factory=dict)


class Job:
    """One composed job. It travels to processes and machines of its own, so it is an object of a module.

    Attributes:
        directory: where the run lies, or the sweep it is of; None until one began in this process.
        sweep: whether it is a sweep.
        refused: what was wrong with the input of a single run.
    """

    def __init__(self) -> None:
        self.directory: Path | None = None
        self.sweep = False
        self.refused: BadInput | None = None

    def __call__(self, config: DictConfig) -> None:
        """Run it."""
        from embedlab.running.launch import launch  # torch and Lightning: a sweep's parent does without them
        from embedlab.running.nodes import check_shared_directory, node_rank

        settings = HydraConfig.get()
        run = RunDir(Path(settings.runtime.output_dir))
        if not self.sweep:
            check_shared_directory(config, settings.overrides.task)
        if not self.sweep and node_rank(config) == 0:
            self.directory = run.path
        config.run_dir = str(run.path)
        try:
            launch(config, run, list(settings.overrides.task))
        except BadInput as error:
            if self.sweep:
                raise
            self.refused = error  # Hydra would put a line of its own before that which says what is wrong

    def say_how_to_go_on(self) -> None:
        """Name the command, where there is something to go on with."""
        if self.sweep and self.directory and SweepDir(self.directory).planned:
            print(f"Go on with: embedlab sweep {self.directory} --resume", file=sys.stderr)
        elif not self.sweep and self.directory and RunDir(self.directory).last_checkpoint.is_file():
            print(f"Go on with: embedlab resume {self.directory}", file=sys.stderr)


def train_command(arguments: Sequence[str]) -> Outcome:
    """Compose the config from command-line overrides and run it; in a sweep a failed job does not stop the others.

    Raises:
        BadInput: the command line asks for something that is not there.
        Exception: whatever ended a single run.
    """
    if {"-m", "--multirun"} & set(arguments) and any(a.startswith("run_dir=") for a in arguments):
        raise BadInput("run_dir=…: names one run; the folder of a sweep is hydra.sweep.dir=PATH")
    job = Job()
    main = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")(job)
    before = sys.argv
    try:
        while True:
            sys.argv = ["embedlab train", *arguments]
            try:
                main()
                break
            except ConfigCompositionException as error:
                arguments = _left_to_the_jobs(arguments, error)
    except (HydraException, OmegaConfBaseException) as error:
        raise BadInput(explain(error)) from error
    except (KeyboardInterrupt, SystemExit):  # Lightning turns the one into the other
        if job.directory is None:
            raise
        job.say_how_to_go_on()
        raise KeyboardInterrupt from None
    except (OSError, ValueError) as error:
        if refused(error):
            job.say_how_to_go_on()
        raise
    finally:
        sys.argv = before
    if job.refused is not None:
        raise job.refused
    outcome = Outcome(job.directory)
    if job.sweep and job.directory:
        sweep = SweepDir(job.directory)
        rows = sweep.rows()
        failed = [row for row in rows if row.status in ("failed", "interrupted")]
        failed = failed or [row for row in rows if row.status == "planned"]  # not even begun, and no failure says why
        outcome.failed = {sweep.run(row.job).path: row.error or row.status for row in failed}
    return outcome


def _left_to_the_jobs(arguments: Sequence[str], error: ConfigCompositionException) -> list[str]:
    """The arguments of a sweep, with the refused ``key=value`` as a choice of one.

    Hydra composes a sweep's own config without what is swept over, and so refuses keys that only its jobs have, as the
    key of a loss in a sweep over experiments. What is swept over, if only over one value, it leaves to the jobs.

    Raises:
        ConfigCompositionException: the error, where this is no help.
    """
    key = re.search(r"Could not override '([^']+)'", str(error))
    place = next((n for n, a in enumerate(arguments) if key and a.startswith(f"{key[1]}=")), None)
    if place is None or not {"-m", "--multirun"} & set(arguments):
        raise error
    name, _, value = arguments[place].partition("=")
    if not value or value.startswith("choice("):
        raise error
    return [*arguments[:place], f"{name}=choice({value})", *arguments[place + 1 :]]


def explain(error: Exception) -> str:
    """Hydra's or OmegaConf's complaint in one line, with the nearest name that exists."""
    if isinstance(error, MissingConfigException) and error.options:
        wrong = Path(error.missing_cfg_file or "").name
        group = str(Path(error.missing_cfg_file or "").parent)
        if wrong in EXTRAS:
            return f"launch={wrong}: not installed; pip install 'embedlab[{EXTRAS[wrong]}]'"
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
    """The existing keys are those of the config without any override."""
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        known = keys(hydra.compose("train"))
    return "it goes with other choices than these" if key in known else nearest(key, known)
