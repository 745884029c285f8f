"""Jobs on this machine, each in a process of its own, so that none can take the others down."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from hydra.core.utils import JobReturn, JobStatus, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from embedlab.errors import BadInput
from embedlab.running.devices import Devices
from embedlab.running.out_of_memory import KilledError
from embedlab.running.parent import die_with_parent
from embedlab.running.rundir import RunDir
from embedlab.running.sweep_progress import SweepProgress
from embedlab.running.sweepdir import SweepDir
from embedlab.running.sweeping import compose_job

PRELOADED = ["embedlab.running.train"]  # imported once, in a process that every job starts from


@dataclass
class Started:
    """A job at work."""

    index: int
    run: RunDir
    config: DictConfig
    process: BaseProcess
    devices: tuple[str, ...]
    began: float


class LocalLauncher(Launcher):
    """Runs jobs on this machine, the next as soon as one has ended.

    Jobs at once get disjoint GPUs. Where a panel shows how far the sweep is, what the jobs write goes to their own
    ``train.log`` instead of through it.

    Args:
        jobs: how many at once.
    """

    def __init__(self, jobs: int = 1) -> None:
        if jobs < 1:
            raise BadInput(f"hydra.launcher.jobs={jobs}: at least one job at a time")
        self.jobs = jobs
        self.config: DictConfig
        self.context: HydraContext
        self.task_function: TaskFunction
        self.progress: SweepProgress | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """As Hydra's launchers are set up."""
        self.config, self.context, self.task_function = config, hydra_context, task_function

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run these jobs to their end."""
        setup_globals()
        processes = multiprocessing.get_context("forkserver")
        processes.set_forkserver_preload(PRELOADED)
        self.progress = progress = self.progress or self._progress(len(job_overrides))
        returns = [JobReturn(overrides=list(overrides), status=JobStatus.UNKNOWN) for overrides in job_overrides]
        configs = (self._job(initial_job_idx + n, overrides) for n, overrides in enumerate(job_overrides))
        upcoming, begun = next(configs, None), 0
        devices = Devices()
        at_work: list[Started] = []
        try:
            with progress.shown():
                while upcoming or at_work:
                    while upcoming and len(at_work) < self.jobs and (free := devices.take(upcoming)) is not None:
                        config, upcoming = upcoming, next(configs, None)
                        run = RunDir(Path(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir)).absolute())
                        process = processes.Process(
                            target=_run, args=(self.task_function, config, self.context, free, progress.live)
                        )
                        process.start()
                        at_work.append(Started(begun, run, config, process, free, time.monotonic()))
                        begun += 1
                        progress.started(run, config)
                    wait([job.process.sentinel for job in at_work], progress.every)
                    progress.refresh()
                    for job in [job for job in at_work if not job.process.is_alive()]:
                        at_work.remove(job)
                        devices.give_back(job.devices)
                        failed = _settle(job)
                        returns[job.index].status = JobStatus.FAILED if failed else JobStatus.COMPLETED
                        progress.ended(job.run)
                        if failed and self.config.sweep.fail_fast:
                            upcoming = None
        finally:
            for job in at_work:
                job.process.terminate()
        return returns

    def _progress(self, jobs: int) -> SweepProgress:
        """Of all that is to do: a search launches a few jobs at a time, and says how many trials it is to have."""
        sweeper, objective = self.config.hydra.sweeper, None
        sweep = SweepDir(Path(str(self.config.hydra.sweep.dir)))
        rows = sweep.rows() if sweep.planned else []
        if "n_trials" in sweeper:
            jobs = max(sweeper.n_trials - sum(row.status in ("done", "failed") for row in rows), jobs)
            objective = str(sweeper.objective), str(sweeper.direction)
        progress = SweepProgress(jobs, self.config.hydra.overrides.task, objective)
        for job in (row.job for row in rows if row.status == "done"):
            progress.earlier(sweep.run(job), job.overrides)
        return progress

    def _job(self, number: int, overrides: Sequence[str]) -> DictConfig:
        config = compose_job(self.context, self.config, overrides)
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        if self.jobs > 1 or (self.progress and self.progress.live):
            config.trainer.enable_progress_bar = False  # bars would write over each other, or over the panel
        return config


def _run(
    task_function: TaskFunction, config: DictConfig, context: HydraContext, devices: tuple[str, ...], quiet: bool
) -> None:
    """The process of one job; a quiet one writes to its log instead of the terminal."""
    die_with_parent()
    if devices:
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(devices)
    setup_globals()
    if quiet:
        _write_to_log(config)
    run_job(
        hydra_context=context, task_function=task_function, config=config,
        job_dir_key="hydra.sweep.dir", job_subdir_key="hydra.sweep.subdir",
    )  # fmt: skip


def _write_to_log(config: DictConfig) -> None:
    """Lead standard output and error into ``train.log``, where logging writes by itself already."""
    handlers = OmegaConf.select(config, "hydra.job_logging.root.handlers")
    if handlers and "console" in handlers:
        handlers.remove("console")
    directory = Path(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir))
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "train.log").open("a") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)


def _settle(job: Started) -> bool:
    """Whether a job that ended has failed; one that could not say so itself has it said for it."""
    job.process.join()
    state = job.run.read_json("status.json")
    said = state.get("status") if state.get("pid") == job.process.pid else None  # not what an attempt before it said
    if said not in ("done", "failed"):
        job.run.finished(time.monotonic() - job.began, KilledError(job.process.exitcode, job.config))
    return said != "done"
