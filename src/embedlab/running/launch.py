"""Starts a composed job: in this process, or as one process a rank.

A job on several ranks is composed once. Its config lies in the run directory before any rank starts, and each rank is
``python -m embedlab.running.launch RUN_DIR`` under torch's elastic launcher, reading that file: a rank never sees the
command line, so it can never start a sweep again.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate
from embedlab.running.build import build_data, plain
from embedlab.running.rundir import RunDir
from embedlab.running.train import train

RESULT = "metrics.json"


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
        estimates = _on_ranks(config, run) if ranks(config) > 1 else train(config, run, data)
    except BaseException as error:
        run.finished(time.monotonic() - began, error)
        raise
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


def _on_ranks(config: DictConfig, run: RunDir) -> dict[str, Estimate]:
    (run.path / RESULT).unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks(config)}",
        "--module", "embedlab.running.launch", str(run.path),
    ]  # fmt: skip
    threads = str(max(1, (os.cpu_count() or 1) // ranks(config)))
    done = subprocess.run(command, env={"OMP_NUM_THREADS": threads, **os.environ}, check=False)
    if done.returncode:
        raise _rank_error(run, done.returncode)
    return {name: Estimate(**value) for name, value in run.read_json(RESULT).items()}


def _rank_error(run: RunDir, code: int) -> Exception:
    """What the first rank that failed said, if it could still say it."""
    reports = sorted(run.path.glob("rank*.error.json"), key=lambda path: path.stat().st_mtime)
    said = [run.read_json(path.name) for path in reports]
    for path in reports:
        path.unlink()
    for report in said:
        if report.get("bad_input"):
            return BadInput(report["error"])
    detail = said[0].get("traceback", "") if said else "it left no message"
    return RuntimeError(f"a rank ended with status {code}:\n{detail}")


def _rank(directory: str) -> None:
    """One rank: read the composed config and train."""
    import traceback

    run = RunDir(Path(directory))
    try:
        train(OmegaConf.create(run.config()), run)
    except Exception as error:
        run.write_json(
            f"rank{os.environ['RANK']}.error.json",
            {
                "bad_input": isinstance(error, BadInput),
                "error": str(error),
                "traceback": traceback.format_exc(),
            },
        )
        sys.exit(1)


if __name__ == "__main__":
    _rank(sys.argv[1])
