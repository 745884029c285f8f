"""Hydra's grid of values, planned as a whole before its first job starts, and gone on with where it was left."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from embedlab.running.sweepdir import PlannedJob
from embedlab.running.sweeping import check_launcher
from hydra_plugins.embedlab_sweeps.sweeper import PlannedSweeper


class GridSweeper(PlannedSweeper):
    """Every combination of the comma-separated values.

    Args:
        params: a sweep as config, ``{loss: "triplet,arcface"}``; the command line goes over it.
        retry_failed: of a sweep gone on with, run the failed jobs again too.
    """

    def __init__(self, params: Mapping[str, str] | None = None, retry_failed: bool = False) -> None:
        self.params, self.retry_failed = dict(params or {}), retry_failed

    def sweep(self, arguments: list[str]) -> Any:
        """Compose all jobs, write the plan, and run what is not done."""
        check_launcher(self.config)
        jobs = self.plan(arguments)
        sweep = self.directory()
        with sweep.locked():
            sweep.plan(sys.argv[1:], jobs)
            OmegaConf.save(self.config, sweep.path / "multirun.yaml")
            sweep.wait_for_orphans()
            return self.launch(sweep.pending(self.retry_failed))

    def plan(self, arguments: Sequence[str]) -> list[PlannedJob]:
        """All jobs, each composed once to see that it can be."""
        parser = OverridesParser.create(config_loader=self.context.config_loader)
        overrides = parser.parse_overrides([f"{key}={value}" for key, value in self.params.items()] + list(arguments))
        (grid,) = BasicSweeper.split_arguments(overrides, None)
        return [self.planned(number, overrides) for number, overrides in enumerate(grid)]
