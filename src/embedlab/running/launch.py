"""Starts a composed job: in this process, or as one process a rank."""

import time
from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate
from embedlab.running.build import build_data, plain
from embedlab.running.out_of_memory import explained
from embedlab.running.ranks import train_on_ranks
from embedlab.running.rundir import RunDir
from embedlab.running.train import train


def launch(config: DictConfig, run: RunDir, overrides: Sequence[str]) -> dict[str, Estimate]:
    """Run one job to its end and keep its status true throughout.

    Returns:
        The test metrics.

    Raises:
        BadInput: something the user gave is wrong.
        Exception: whatever else ended the job; its traceback is in ``status.json``.
    """
    run.started()
    began = time.monotonic()
    try:
        data = build_data(config)  # once, before any rank: it may download, and the sizes come from it
        run.write_config(plain(config), overrides)
        estimates = train_on_ranks(run, ranks(config)) if ranks(config) > 1 else train(config, run, data)
    except BaseException as error:
        failure = explained(error, config)
        run.finished(time.monotonic() - began, failure)
        raise failure from failure.__cause__
    run.finished(time.monotonic() - began)
    return estimates


def ranks(config: DictConfig) -> int:
    """Processes the trainer's ``devices`` asks for on this machine."""
    devices = config.trainer.get("devices", 1)
    if isinstance(devices, int) and devices > 0:
        return devices
    if OmegaConf.is_list(devices):
        return len(devices)
    if devices in (-1, "auto") and config.trainer.get("accelerator") in ("gpu", "cuda"):
        import torch

        return max(torch.cuda.device_count(), 1)
    if isinstance(devices, str) and devices.isdigit():
        return int(devices)
    if devices == "auto":
        return 1
    raise BadInput(f"trainer.devices={devices}: give a number of devices, a list of them, or auto")
