"""A run on the Weights & Biases dashboard that stays one run, however often it is cut off."""

import logging
import uuid
from pathlib import Path
from typing import Any

import yaml
from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.loggers.logger import rank_zero_experiment

log = logging.getLogger(__name__)


class WandbRun(WandbLogger):
    """One dashboard run for one run directory: named and tagged by its overrides, grouped by its sweep.

    A resumed run goes on in the same dashboard run, whose id lies in ``wandb_id`` of the run directory. Where the
    service can't be reached, or nobody is logged in, the run goes on offline with one warning.

    Args:
        directory: the run directory.
        project: of the dashboard.
        offline: send nothing; ``wandb sync`` sends later.
        arguments: of ``wandb.init``.
    """

    def __init__(self, directory: str, project: str = "embedlab", offline: bool = True, **arguments: Any) -> None:
        path = Path(directory)
        overrides = path / "overrides.yaml"
        tags = [str(line) for line in yaml.safe_load(overrides.read_text()) or []] if overrides.is_file() else []
        sweep = path.parent if (path.parent / "manifest.json").is_file() else None
        own = " ".join(tags)[:120]
        chosen = {
            "name": f"{path.name}: {own}" if sweep else own or path.name,
            "group": str(sweep) if sweep else None,
            "job_type": "train",
            "tags": [tag for tag in tags if len(tag) <= 64],  # the service takes no longer ones
        }
        super().__init__(
            project=project, save_dir=directory, offline=offline, id=_run_id(path), resume="allow",
            **{**chosen, **arguments},
        )  # fmt: skip

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The dashboard's run, begun at the first use."""
        if self._experiment is None:
            try:
                return super().experiment
            except Exception as error:  # whatever the service, the network or the login has to say
                said = " ".join(str(error).split())[:200]
                log.warning("Weights & Biases can't be reached (%s): this run is kept offline", said)
                self._wandb_init["mode"] = "offline"
        return super().experiment


def _run_id(directory: Path) -> str:
    path = directory / "wandb_id"
    if not path.is_file():
        directory.mkdir(parents=True, exist_ok=True)
        path.write_text(uuid.uuid4().hex[:12])
    return path.read_text().strip()
