"""A run on the Weights & Biases dashboard that stays one run, however often it is cut off."""

import logging
from typing import Any

from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.loggers.logger import rank_zero_experiment

from embedlab.callbacks.naming import naming

log = logging.getLogger(__name__)


class WandbRun(WandbLogger):
    """One dashboard run for one run directory: named and tagged by its overrides, grouped by its sweep.

    A resumed run goes on in the same dashboard run. Where the service can't be reached, or nobody is logged in, the run
    goes on offline with one warning; nothing waits for an answer at the terminal.

    Args:
        directory: the run directory.
        project: of the dashboard.
        offline: send nothing; ``embedlab sync`` sends later.
        arguments: of ``wandb.init``.
    """

    def __init__(self, directory: str, project: str = "embedlab", offline: bool = True, **arguments: Any) -> None:
        names = naming(directory)
        chosen = {
            "name": names.name,
            "group": str(names.sweep) if names.sweep else None,
            "job_type": "train",
            "tags": [tag for tag in names.tags if len(tag) <= 64],  # the service takes no longer ones
        }
        super().__init__(
            project=project, save_dir=directory, offline=offline, id=names.id, resume="allow", **{**chosen, **arguments}
        )

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The dashboard's run, begun at the first use."""
        if self._experiment is None and not self._offline:
            try:
                _log_in()
                return super().experiment
            except Exception as error:  # whatever the service, the network or the login has to say
                said = " ".join(str(error).split())[:200]
                log.warning("Weights & Biases can't be reached (%s): this run is kept offline", said)
                self._offline, self._wandb_init["mode"] = True, "offline"
        return super().experiment


def _log_in() -> None:
    """Use the login there is; asked for one at the terminal, a run would wait all night."""
    import wandb

    if not wandb.login(prompt=False):
        raise ConnectionError("nobody is logged in: wandb login")
