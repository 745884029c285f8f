"""Hydra's grid of values, planned as a whole before its first job starts, and gone on with where it was left."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from embedlab.running.compose import Job
from embedlab.running.sweepdir import PlannedJob, SweepDir
from embedlab.running.sweeping import check_launcher, compose_job, config_key


class GridSweeper(Sweeper):
    """Every combination of the comma-separated values.

    Args:
        params: a sweep as config, ``{loss: "triplet,arcface"}``; the command line goes over it.
        retry_failed: of a sweep gone on with, run the failed jobs again too.
    """

    def __init__(self, params: Mapping[str, str] | None = None, retry_failed: bool = False) -> None:
        self.params, self.retry_failed = dict(params or {}), retry_failed
        self.config: DictConfig
        self.context: HydraContext
        self.launcher: Launcher
        self.job: TaskFunction

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """As Hydra's sweepers are set up."""
        from hydra.core.plugins import Plugins

        self.config, self.context, self.job = config, hydra_context, task_function
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Compose all jobs, write the plan, and run what is not done."""
        check_launcher(self.config)
        jobs = self.plan(arguments)
        sweep = SweepDir(Path(str(self.config.hydra.sweep.dir)).absolute())
        if isinstance(self.job, Job):
            self.job.sweep, self.job.directory = True, sweep.path
        with sweep.locked():
            sweep.plan(sys.argv[1:], jobs)
            OmegaConf.save(self.config, sweep.path / "multirun.yaml")
            sweep.wait_for_orphans()
            pending = sweep.pending(self.retry_failed)
            # The folder goes with the job: a launcher numbers what it is handed, which is not the whole sweep.
            overrides = [[*job.overrides, f"hydra.sweep.subdir={job.number}"] for job in pending]
            return self.launcher.launch(overrides, initial_job_idx=0) if overrides else []

    def plan(self, arguments: Sequence[str]) -> list[PlannedJob]:
        """All jobs, each composed once to see that it can be."""
        parser = OverridesParser.create(config_loader=self.context.config_loader)
        overrides = parser.parse_overrides([f"{key}={value}" for key, value in self.params.items()] + list(arguments))
        (grid,) = BasicSweeper.split_arguments(overrides, None)
        composed = (compose_job(self.context, self.config, overrides) for overrides in grid)
        return [PlannedJob(n, config_key(c), tuple(o)) for n, (o, c) in enumerate(zip(grid, composed, strict=True))]
