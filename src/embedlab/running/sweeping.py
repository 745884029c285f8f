"""What every sweeper needs: a job's config composed, and its key; and going on with a sweep."""

import hashlib
import importlib.util
import json
import os
import pickle
import shutil
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from hydra.core.config_loader import ConfigLoader
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict

from embedlab.errors import BadInput
from embedlab.running.devices import check_devices
from embedlab.running.extras import check_loggers
from embedlab.running.sweepdir import SweepDir

NOT_THE_JOB = ("hydra", "run_dir", "sweep")  # keys that say where and how a job runs, not what it computes

_COMPOSED: WeakKeyDictionary[ConfigLoader, dict[tuple[str, ...], bytes]] = WeakKeyDictionary()


def compose_job(context: HydraContext, config: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """The config of one job of a sweep.

    Composed once, which takes a tenth of a second, and kept as 27 kB of bytes: what is planned is what is run, though
    the config files may be edited meanwhile, and ten thousand jobs fit in memory.

    Raises:
        hydra.errors.HydraException: a choice or key that is not there.
        BadInput: a logger whose package is not installed, or devices that are not there, of a job that is to run on
            this machine.
    """
    composed = _COMPOSED.setdefault(context.config_loader, {})
    key = tuple(overrides)
    if key not in composed:
        job = context.config_loader.load_sweep_config(config, list(overrides))
        check_loggers(job)
        launcher = job.hydra.launcher
        if not str(launcher._target_).endswith("SlurmLauncher") and not launcher.get("address"):
            check_devices(job)
        composed[key] = pickle.dumps(job)
    return pickle.loads(composed[key])


def config_key(config: DictConfig) -> str:
    """Hash of what a job computes: its composed config, as 16 hexadecimal digits."""
    with open_dict(config):
        kept = OmegaConf.masked_copy(config, [str(key) for key in config if key not in NOT_THE_JOB])
    text = json.dumps(OmegaConf.to_container(kept, resolve=False), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_launcher(config: DictConfig) -> None:
    """See that the launcher can work here before any job is planned.

    Raises:
        BadInput: there is no Slurm on this machine, or Ray is not installed.
    """
    launcher = str(config.hydra.launcher._target_)
    if launcher.endswith("SlurmLauncher") and shutil.which("srun") is None:
        raise BadInput("launch=slurm: no Slurm here (no srun); launch=slurm_local runs the jobs on this machine")
    if launcher.endswith("RayLauncher") and importlib.util.find_spec("ray") is None:
        raise BadInput("launch=ray: not installed; pip install 'embedlab[ray]'")


def go_on(sweep: SweepDir, retry_failed: bool) -> list[str]:
    """The arguments of ``embedlab train`` that go on with a sweep, from the folder it was started in.

    Raises:
        BadInput: no sweep is there, or its plan is damaged.
    """
    folder, arguments = sweep.arguments()
    directory = sweep.path.absolute()
    if os.path.isdir(folder):
        os.chdir(folder)
    kept = [a for a in arguments if not a.startswith(("hydra.sweep.dir=", "hydra.sweeper.retry_failed="))]
    return [*kept, f"hydra.sweep.dir={directory}", f"hydra.sweeper.retry_failed={str(retry_failed).lower()}"]
