"""A run in MLflow's local store that stays one run, however often it is cut off."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import MLFlowLogger
from pytorch_lightning.loggers.logger import rank_zero_experiment
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from embedlab.callbacks.naming import naming

ID = "embedlab.id"  # the tag by which a resumed run is found


class MlflowRun(MLFlowLogger):
    """One MLflow run for one run directory, in a SQLite store that the jobs of a sweep share.

    The store is ``mlflow.db`` of the sweep's directory, or of the run's where it is no job of a sweep. A resumed run
    goes on in the same MLflow run.

    Args:
        directory: the run directory.
        arguments: of Lightning's ``MLFlowLogger``: ``tracking_uri`` names a server in place of the store.
    """

    def __init__(self, directory: str, **arguments: Any) -> None:
        names = naming(directory)
        home = (names.sweep or Path(directory)).absolute()
        local = {"tracking_uri": f"sqlite:///{home}/mlflow.db", "artifact_location": (home / "mlartifacts").as_uri()}
        store = {} if "tracking_uri" in arguments else local  # a server has a place of its own for artefacts
        tags = {ID: names.id, **dict(tag.partition("=")[::2] for tag in names.tags)}
        chosen = {"experiment_name": home.name, "run_name": names.name, "tags": tags, **store, **arguments}
        with _alone(home):
            super().__init__(**chosen)
        self._id, self._home = names.id, home

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """MLflow's client, its run begun or found at the first use."""
        if not self._initialized:
            with _alone(self._home):
                self._find_or_create()
            super().experiment.update_run(self._run_id, status="RUNNING")
        return super().experiment

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:
        """Log what is not logged yet: MLflow takes no second value for a parameter, as a longer resumed run has."""
        known = self.experiment.get_run(self.run_id).data.params
        super().log_hyperparams({key: value for key, value in params.items() if key not in known})

    def finalize(self, status: str = "success") -> None:
        """Nothing: Lightning says this after training and again after the test; ``close`` ends the run."""

    @rank_zero_only
    def close(self, exit_code: int) -> None:
        """End the run as finished or failed."""
        super().finalize("failed" if exit_code else "success")

    def _find_or_create(self) -> None:
        client: Any = self._mlflow_client
        name = self._experiment_name
        if client.get_experiment_by_name(name) is None:
            client.create_experiment(name, self._artifact_location)
        experiment = client.get_experiment_by_name(name)
        found = client.search_runs([experiment.experiment_id], f"tags.`{ID}` = '{self._id}'")
        if found:
            self._run_id = found[0].info.run_id


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One job at a time: two that come at once would both set up the store, and the second would fail."""
    with (home / ".mlflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
