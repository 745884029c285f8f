"""A run on a local Trackio dashboard."""

from typing import Any

from pytorch_lightning.loggers import Logger
from pytorch_lightning.loggers.logger import rank_zero_experiment
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from embedlab.callbacks.naming import naming


class TrackioRun(Logger):
    """One Trackio run for one run directory, grouped by its sweep; a resumed run goes on in the same one.

    Trackio keeps its runs where ``TRACKIO_DIR`` says, else in the user's cache; ``trackio show`` shows them.

    Args:
        directory: the run directory.
        project: of the dashboard.
        arguments: of ``trackio.init``.
    """

    def __init__(self, directory: str, project: str = "embedlab", **arguments: Any) -> None:
        super().__init__()
        names = naming(directory)
        group = str(names.sweep) if names.sweep else None
        self._directory, self._id, self._experiment = directory, names.id, None
        # Trackio knows a run by its name: the id sets apart those of two sweeps; a slash would make folders.
        name = f"{names.name} ({names.id})".replace("/", "_")
        named = {"project": project, "name": name, "group": group, "resume": "allow"}
        self._init: dict[str, Any] = {**named, "embed": False, **arguments}
        self._params: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """The project."""
        return str(self._init["project"])

    @property
    def version(self) -> str:
        """Id of the run."""
        return self._id

    @property
    def save_dir(self) -> str:
        """The run directory."""
        return self._directory

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """Trackio's run, begun at the first use."""
        if self._experiment is None:
            import trackio

            self._experiment = trackio.init(config=self._params, **self._init)
        return self._experiment

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Keep the config for the start of the run."""
        self._params |= params

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Log numbers at a step."""
        self.experiment.log(dict(metrics), step=step)

    @rank_zero_only
    def close(self, exit_code: int) -> None:
        """End the run; Trackio keeps no status."""
        if self._experiment is not None:
            self._experiment.finish()
