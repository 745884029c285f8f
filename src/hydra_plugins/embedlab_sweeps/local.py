"""Jobs on this machine, each in a process of its own, so that none can take the others down."""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from hydra.core.utils import JobReturn, JobStatus, setup_globals
from omegaconf import DictConfig

from embedlab.errors import BadInput
from embedlab.running.devices import Devices
from embedlab.running.out_of_memory import KilledError
from embedlab.running.rundir import RunDir
from hydra_plugins.embedlab_sweeps.launcher import JobLauncher, run_alone, run_of

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


class LocalLauncher(JobLauncher):
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

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run these jobs to their end.

        Raises:
            OSError: a job could not be noted down, its disk full, say; those at work are ended.
        """
        setup_globals()
        processes = multiprocessing.get_context("forkserver")
        processes.set_forkserver_preload(PRELOADED)
        progress = self.progress_of(len(job_overrides))
        returns = [JobReturn(overrides=list(overrides), status=JobStatus.UNKNOWN) for overrides in job_overrides]
        numbered = enumerate(job_overrides, initial_job_idx)
        configs = (self.compose(number, overrides, alone=self.jobs == 1) for number, overrides in numbered)
        upcoming, begun = next(configs, None), 0
        devices = Devices()
        at_work: list[Started] = []
        try:
            with progress.shown():
                while upcoming or at_work:
                    while upcoming and len(at_work) < self.jobs and (free := devices.take(upcoming)) is not None:
                        config, upcoming = upcoming, next(configs, None)
                        run = run_of(config)
                        process = processes.Process(
                            target=run_alone, args=(self.task_function, config, self.context, free, progress.live)
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


def _settle(job: Started) -> bool:
    """Whether a job that ended has failed; one that could not say so itself has it said for it."""
    job.process.join()
    state = job.run.read_json("status.json")
    said = state.get("status") if state.get("pid") == job.process.pid else None  # not what an attempt before it said
    if said not in ("done", "failed"):
        job.run.finished(time.monotonic() - job.began, KilledError(job.process.exitcode, job.config))
    return said != "done"
