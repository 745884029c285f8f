"""The end of a run for its dashboards: test numbers, figures, confusions and embeddings, as each of them shows such."""

import logging
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pytorch_lightning.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger

from embedlab.apps.export import export_projector
from embedlab.callbacks import TrackioRun
from embedlab.report import draw_run
from embedlab.report.confusions import COLUMNS, confusions
from embedlab.report.figures.thumbnails import NEEDED, class_name, gallery
from embedlab.report.runs import read_run
from embedlab.running.rundir import RunDir
from embedlab.tasks.metric_learning import whole_classes

log = logging.getLogger(__name__)

MOST_ROWS = 2000  # of the table of embeddings on Weights & Biases


class Results:
    """What a tested run has left in its directory; each part is made when the first dashboard asks for it."""

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self._read = read_run(run.path)

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Test numbers by name."""
        return {name: measured.value for name, measured in self._read.metrics.items()}

    @cached_property
    def figures(self) -> list[Path]:
        """The report's figures of this run, PNG files."""
        return draw_run(self.run.path)

    @cached_property
    def confusions(self) -> pd.DataFrame:
        """See :func:`embedlab.report.confusions.confusions`."""
        rows = confusions(self._read) if self._read.has("embeddings", "labels") else []
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @cached_property
    def pictured(self) -> tuple[NDArray[np.float32], list[str], NDArray[np.uint8]] | None:
        """Embeddings ``(N, D)``, class names and images ``(N, h, w[, 3])`` of the test items that have an image."""
        if not self._read.has(*NEEDED):
            return None
        embeddings, labels, images = gallery(self._read)
        return embeddings, [class_name(self._read, label) for label in labels], images


def publish(run: RunDir, loggers: Iterable[Logger]) -> None:
    """Hand a tested run's results to those of its dashboards that show them.

    The run is over and its numbers are written: whatever goes wrong here is one warning.
    """
    results = Results(run)
    for logger in loggers:
        for kind, show in SHOWS.items():
            if isinstance(logger, kind):
                try:
                    show(logger, results)
                except Exception as error:
                    said = " ".join(str(error).split())[:200]
                    log.warning("%s: figures and tables of the run left out (%s)", type(logger).__name__, said)


def _wandb(logger: WandbLogger, results: Results) -> None:
    import wandb

    run: Any = logger.experiment
    run.summary.update(results.metrics)
    run.log({f"figures/{path.stem}": wandb.Image(str(path)) for path in results.figures})
    logger.log_table("confusions", dataframe=results.confusions)
    if results.pictured:
        embeddings, names, _ = results.pictured
        rows = whole_classes(np.unique(names, return_inverse=True)[1], MOST_ROWS)
        vectors = pd.DataFrame(embeddings[rows]).rename(columns=str)
        vectors.insert(0, "class", np.array(names)[rows])
        logger.log_table("projector", dataframe=vectors)


def _tensorboard(logger: TensorBoardLogger, results: Results) -> None:
    if results.pictured:
        export_projector(*results.pictured, Path(logger.log_dir))


def _mlflow(logger: MLFlowLogger, results: Results) -> None:
    client, run = logger.experiment, logger.run_id
    for path in results.figures:
        client.log_artifact(run, str(path), "figures")
    client.log_table(run, results.confusions, "confusions.json")
    if results.pictured:
        folder = export_projector(*results.pictured, results.run.path / "exports" / "projector")
        client.log_artifacts(run, str(folder), "projector")


def _trackio(logger: TrackioRun, results: Results) -> None:
    import trackio

    logger.experiment.log({f"figures/{path.stem}": trackio.Image(str(path)) for path in results.figures})
    logger.experiment.log({"confusions": trackio.Table(dataframe=results.confusions)})


SHOWS: dict[type[Logger], Callable[[Any, Results], None]] = {
    WandbLogger: _wandb, TensorBoardLogger: _tensorboard, MLFlowLogger: _mlflow, TrackioRun: _trackio,
}  # fmt: skip
