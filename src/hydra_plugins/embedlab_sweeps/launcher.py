"""What the launchers share: how Hydra sets them up, the config of a job, and what runs in its process."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.core.utils import run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from embedlab.running.disk import refused
from embedlab.running.parent import die_with_parent
from embedlab.running.rundir import RunDir
from embedlab.running.sweep_progress import SweepProgress
from embedlab.running.sweepdir import SweepDir
from embedlab.running.sweeping import compose_job


class JobLauncher(Launcher):
    """A launcher that gives each job a process of its own; what is left is ``launch``."""

    config: DictConfig
    context: HydraContext
    task_function: TaskFunction
    progress: SweepProgress | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """As Hydra's launchers are set up."""
        self.config, self.context, self.task_function = config, hydra_context, task_function

    def compose(self, number: int, overrides: Sequence[str], alone: bool) -> DictConfig:
        """The config of one job; bars of several at once would write over each other, or over a panel."""
        config = compose_job(self.context, self.config, overrides)
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        if not alone or (self.progress and self.progress.live):
            config.trainer.enable_progress_bar = False
        return config

    def progress_of(self, jobs: int) -> SweepProgress:
        """How far all that is to do is: a search launches a few jobs at a time, and says how many trials it is to have.

        Kept from one launch of a search to the next.
        """
        if self.progress is None:
            sweeper, objective = self.config.hydra.sweeper, None
            sweep = SweepDir(Path(str(self.config.hydra.sweep.dir)))
            rows = sweep.rows() if sweep.planned else []
            if "n_trials" in sweeper:
                jobs = max(sweeper.n_trials - sum(row.status in ("done", "failed") for row in rows), jobs)
                objective = str(sweeper.objective), str(sweeper.direction)
            self.progress = SweepProgress(jobs, self.config.hydra.overrides.task, objective)
            for job in (row.job for row in rows if row.status == "done"):
                self.progress.earlier(sweep.run(job), job.overrides)
        return self.progress


def run_of(config: DictConfig) -> RunDir:
    """The run directory of a job of a sweep."""
    return RunDir(Path(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir)).absolute())


def run_alone(
    task_function: TaskFunction,
    config: DictConfig,
    context: HydraContext,
    devices: tuple[str, ...] = (),
    quiet: bool = False,
) -> None:
    """The whole life of the process of one job; a quiet one writes to its log instead of the terminal."""
    die_with_parent()
    if devices:
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(devices)
    setup_globals()
    if quiet:
        _write_to_log(config)
    try:
        run_job(
            hydra_context=context, task_function=task_function, config=config,
            job_dir_key="hydra.sweep.dir", job_subdir_key="hydra.sweep.subdir",
        )  # fmt: skip
    except (OSError, ValueError) as error:
        if not refused(error):
            raise
        sys.exit(1)  # the launcher meets the same refusal when it notes the failure, and says so


def _write_to_log(config: DictConfig) -> None:
    """Lead standard output and error into ``train.log``, where logging writes by itself already."""
    handlers = OmegaConf.select(config, "hydra.job_logging.root.handlers")
    if handlers and "console" in handlers:
        handlers.remove("console")
    directory = run_of(config).path
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "train.log").open("a") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
