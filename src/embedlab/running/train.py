"""One run, in this process: config in, run directory out."""

import logging
import time
import warnings
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io import TorchCheckpointIO
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig
from pytorch_lightning.accelerators import CPUAccelerator
from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.strategies import FSDPStrategy

from embedlab.callbacks import MlflowRun, TrackioRun
from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate
from embedlab.running.allocator import keep_freed_memory
from embedlab.running.build import Built, build, make, plain
from embedlab.running.checkpoints import AtomicCheckpointIO, check_checkpoint, load_checkpoint
from embedlab.running.environment import environment, peak_memory_bytes, reset_peak_memory
from embedlab.running.extras import check_loggers
from embedlab.running.rundir import RunDir


def train(config: DictConfig, run: RunDir, data: Any = None) -> dict[str, Estimate]:
    """Train, test the best checkpoint, and write what the run directory promises.

    Continues from ``checkpoints/last.ckpt`` where that exists. Called once per rank; rank 0 writes.

    Args:
        config: composed; its interpolations are resolved here at the latest.
        run: where to write.
        data: the data module, where it is built already.

    Returns:
        The test metrics with their intervals.
    """
    began = time.monotonic()
    reset_peak_memory()
    quiet_lightning()
    if config.get("threads"):
        torch.set_num_threads(int(config.threads))
    pl.seed_everything(config.seed, workers=True, verbose=False)
    # Where torch is to be deterministic it also overwrites memory that nobody reads, a tenth of a step's time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    built = build(config, data)
    keep_freed_memory()
    trainer = build_trainer(config)
    exit_code = 1
    try:
        estimates = _train(trainer, built, config, run, began)
        exit_code = 0
        return estimates
    except MisconfigurationException as error:
        raise BadInput(" ".join(str(error).split())) from error
    finally:
        close_loggers(trainer, exit_code)


def _train(trainer: pl.Trainer, built: Built, config: DictConfig, run: RunDir, began: float) -> dict[str, Estimate]:
    if trainer.is_global_zero:
        run.write_json("environment.json", environment(built.data.checksum, config.seed))

        for logger in trainer.loggers:
            logger.log_hyperparams(flat(plain(config)))

    resume = run.last_checkpoint if run.last_checkpoint.is_file() else None
    if resume is not None:
        check_checkpoint(resume, built.task)
    trainer.fit(built.task, datamodule=built.data, ckpt_path=resume, weights_only=True)
    trainer.strategy.barrier()  # rank 0 has written its checkpoints
    choices = [run.path / "checkpoints" / "best.ckpt"]
    if isinstance(trainer.strategy, FSDPStrategy):  # the task holds a share of its weights, the checkpoint all
        built = Built(built.data, make(config.task))
        choices.append(run.last_checkpoint)
    for checkpoint in [path for path in choices if path.is_file()][:1]:
        built.task.load_state_dict(load_checkpoint(checkpoint)["state_dict"])
    trainer.test(built.task, datamodule=built.data, verbose=False)

    estimates = built.task.estimates("test")  # type: ignore[operator]
    if trainer.is_global_zero:
        run.write_metrics(estimates)
        built.task.save(run.path)  # type: ignore[operator]
        measured = {
            "peak_memory_bytes": peak_memory_bytes(),
            "train_seconds": round(time.monotonic() - began, 3),
        }
        if torch.cuda.is_available():
            measured["peak_gpu_memory_bytes"] = torch.cuda.max_memory_allocated()
        run.write_json("environment.json", run.read_json("environment.json") | measured)
        if trainer.loggers:
            from embedlab.running.publish import publish  # drawing is imported where a dashboard shows it

            publish(run, trainer.loggers)
    return estimates


def build_trainer(config: DictConfig) -> pl.Trainer:
    """The Lightning trainer with the callbacks and loggers of the config."""
    callbacks = [make(node) for node in (config.get("callbacks") or {}).values() if node]
    if not config.trainer.get("enable_progress_bar", True):
        callbacks = [callback for callback in callbacks if not isinstance(callback, pl.callbacks.ProgressBar)]
    check_loggers(config)
    loggers = [make(node) for node in (config.get("logger") or {}).values() if node]
    # Without a callback for it Lightning would add one of its own, which writes to the working directory.
    saves = any(isinstance(callback, pl.callbacks.Checkpoint) for callback in callbacks)
    trainer = make(config.trainer, callbacks=callbacks, logger=loggers or False, enable_checkpointing=saves)
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = AtomicCheckpointIO()
    if config.trainer.get("sync_batchnorm") and isinstance(trainer.accelerator, CPUAccelerator):
        raise BadInput("trainer.sync_batchnorm=true: torch has it on GPUs only; leave it false on the CPU")
    return trainer


def close_loggers(trainer: pl.Trainer, exit_code: int) -> None:
    """End a dashboard run with the true exit code, so that the next job of a sweep begins its own."""
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger) and logger._experiment is not None:
            logger.experiment.finish(exit_code=exit_code)
        elif isinstance(logger, MlflowRun | TrackioRun):
            logger.close(exit_code)


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys as dotted ones, ``{"loss.margin": 0.2}``, as dashboards compare runs by."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def quiet_lightning() -> None:
    """Silence what Lightning says of settings that are meant."""
    for name in ("pytorch_lightning.utilities.rank_zero", "pytorch_lightning.accelerators"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")
    warnings.filterwarnings("ignore", message=".*Checkpoint directory .* exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*Total length of .* across ranks is zero.*")
    warnings.filterwarnings("ignore", message=".*no pre-optimization state was saved.*")
    warnings.filterwarnings("ignore", message=".*treespec, LeafSpec.*")
    warnings.filterwarnings("ignore", message=".*sync_dist=True.*")  # all ranks log the same numbers
