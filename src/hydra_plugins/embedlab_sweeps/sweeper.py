"""What the grid and the search share: how Hydra sets them up, and where their sweep lies."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from embedlab.running.compose import Job
from embedlab.running.sweepdir import PlannedJob, SweepDir
from embedlab.running.sweeping import compose_job, config_key


class PlannedSweeper(Sweeper):
    """A sweeper whose jobs are planned in a sweep directory; what is left is ``sweep``."""

    config: DictConfig
    context: HydraContext
    launcher: Launcher
    job: TaskFunction

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """As Hydra's sweepers are set up."""
        self.config, self.context, self.job = config, hydra_context, task_function
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def directory(self) -> SweepDir:
        """The sweep's directory, which the command that started it learns of here."""
        sweep = SweepDir(Path(str(self.config.hydra.sweep.dir)).absolute())
        if isinstance(self.job, Job):
            self.job.sweep, self.job.directory = True, sweep.path
        return sweep

    def planned(self, number: int, overrides: Sequence[str]) -> PlannedJob:
        """A job, composed to see that it can be."""
        job = PlannedJob(number, "", tuple(overrides))
        return replace(job, key=config_key(compose_job(self.context, self.config, _placed(job))))

    def launch(self, jobs: Sequence[PlannedJob]) -> Any:
        """Run these jobs to their end."""
        return self.launcher.launch([_placed(job) for job in jobs], initial_job_idx=0) if jobs else []


def _placed(job: PlannedJob) -> list[str]:
    """The folder goes with the job: a launcher numbers what it is handed, which is not the whole sweep."""
    return [*job.overrides, f"hydra.sweep.subdir={job.number}"]
