"""Starts a composed job: in this process, or as one process a rank."""

import time
from collections.abc import Sequence

from omegaconf import DictConfig

from embedlab.evaluation.protocol import Estimate
from embedlab.running.build import build_data, plain
from embedlab.running.devices import check_devices, ranks
from embedlab.running.nodes import node_rank, nodes
from embedlab.running.out_of_memory import explained
from embedlab.running.ranks import train_on_ranks
from embedlab.running.rundir import RunDir
from embedlab.running.train import train


def launch(config: DictConfig, run: RunDir, overrides: Sequence[str]) -> dict[str, Estimate]:
    """Run one job to its end and keep its status true throughout.

    Of a job on several nodes, all call this; the first keeps the run directory.

    Returns:
        The test metrics.

    Raises:
        BadInput: something the user gave is wrong.
        Exception: whatever else ended the job; its traceback is in ``status.json``.
    """
    if node_rank(config) > 0:
        build_data(config)
        return train_on_ranks(run, config)
    run.started()
    began = time.monotonic()
    try:
        check_devices(config)
        data = build_data(config)  # once, before any rank: it may download, and the sizes come from it
        run.write_config(plain(config), overrides)
        several = ranks(config) * nodes(config) > 1
        estimates = train_on_ranks(run, config) if several else train(config, run, data)
    except BaseException as error:
        failure = explained(error, config)
        run.finished(time.monotonic() - began, failure)
        raise failure from failure.__cause__
    run.finished(time.monotonic() - began)
    return estimates
