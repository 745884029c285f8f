"""What the grid and the search share: how Hydra sets them up, and where their sweep lies."""

from pathlib import Path

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from embedlab.running.compose import Job
from embedlab.running.sweepdir import SweepDir


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
