"""Jobs through Ray: on this machine, or on a cluster whose machines share the sweep directory."""

import time
from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig

from embedlab.running.devices import ranks
from embedlab.running.out_of_memory import explained
from hydra_plugins.embedlab_sweeps.launcher import JobLauncher, run_alone, run_of


class RayLauncher(JobLauncher):
    """Hands all jobs to Ray, which runs as many at once as its CPUs and GPUs allow, each in a fresh worker process.

    Args:
        address: of a running cluster, ``auto`` or ``ray://HOST:10001``; None: a Ray on this machine, for this sweep.
        num_cpus: that a job asks for.
        num_gpus: that a job asks for; None: one for each device of a trainer on GPUs.
    """

    def __init__(self, address: str | None = None, num_cpus: float = 1, num_gpus: float | None = None) -> None:
        self.address, self.num_cpus, self.num_gpus = address, num_cpus, num_gpus

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run these jobs to their end."""
        import ray

        # Ray's own workers step back behind all else on a machine (a niceness of 15), and starve on a busy one.
        own: dict[str, Any] = {"include_dashboard": False, "_system_config": {"worker_niceness": 0}}
        ray.init(
            address=self.address or "local", log_to_driver=False, logging_level="ERROR", **({} if self.address else own)
        )  # fmt: skip
        progress = self.progress_of(len(job_overrides))
        returns = [JobReturn(overrides=list(overrides), status=JobStatus.UNKNOWN) for overrides in job_overrides]
        at_work = {}
        began = time.monotonic()
        try:
            for n, overrides in enumerate(job_overrides):
                config = self.compose(initial_job_idx + n, overrides, alone=False)
                # A process of its own for each job, and no second attempt that nobody asked for.
                task = ray.remote(
                    max_calls=1, max_retries=0, num_cpus=self.num_cpus, num_gpus=self._gpus(config)
                )(run_alone)  # fmt: skip
                at_work[task.remote(self.task_function, config, self.context)] = n, config
                progress.started(run_of(config), config)
            while at_work:
                (ended, *_), _ = ray.wait(list(at_work))
                n, config = at_work.pop(ended)
                run = run_of(config)
                try:
                    ray.get(ended)
                except ray.exceptions.TaskCancelledError:
                    continue
                except Exception as error:  # its worker was ended, or could not begin
                    if run.read_json("status.json").get("status") != "done":
                        run.finished(time.monotonic() - began, explained(error, config))
                failed = run.read_json("status.json").get("status") != "done"
                returns[n].status = JobStatus.FAILED if failed else JobStatus.COMPLETED
                progress.ended(run)
                if failed and self.config.sweep.fail_fast:
                    for other, (_, waiting) in at_work.items():
                        if run_of(waiting).read_json("status.json").get("status") != "running":
                            ray.cancel(other)
        finally:
            ray.shutdown()
        return returns

    def _gpus(self, config: DictConfig) -> float:
        if self.num_gpus is not None:
            return self.num_gpus
        return ranks(config) if config.trainer.accelerator in ("gpu", "cuda") else 0
