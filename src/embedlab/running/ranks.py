"""One job as a group of processes, one a rank.

A job on several ranks is composed once. Its config lies in the run directory before any rank starts, and each rank is
``python -m embedlab.running.ranks RUN_DIR`` under torch's elastic launcher, reading that file: a rank never sees the
command line, so it can never start a sweep again.
"""

import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate
from embedlab.running.parent import die_with_parent
from embedlab.running.rundir import RunDir
from embedlab.running.train import train

RESULT = "metrics.json"


def train_on_ranks(run: RunDir, ranks: int) -> dict[str, Estimate]:
    """Train the run whose config is written on this many processes, and wait for them.

    Raises:
        BadInput: a rank found something wrong that the user gave.
        RuntimeError: a rank ended otherwise; with its traceback.
    """
    (run.path / RESULT).unlink(missing_ok=True)
    threads = str(max(1, (os.cpu_count() or 1) // ranks))
    done = subprocess.run(
        [sys.executable, "-m", "embedlab.running.ranks", str(run.path), str(ranks)],
        env={"OMP_NUM_THREADS": threads, **os.environ}, check=False,
    )  # fmt: skip
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


def _group(directory: str, ranks: str) -> None:
    """The parent of the ranks; what a rank that failed has to say lies in the run directory, so this one is quiet."""
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    die_with_parent()
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    try:
        main(["--standalone", f"--nproc-per-node={ranks}", "--module", "embedlab.running.ranks", directory])
    except ChildFailedError:
        sys.exit(1)


def _rank(directory: str) -> None:
    """One rank: read the composed config and train."""
    die_with_parent()
    run = RunDir(Path(directory))
    try:
        train(OmegaConf.create(run.config()), run)
    except Exception as error:
        report = {
            "bad_input": isinstance(error, BadInput), "error": str(error), "traceback": traceback.format_exc(),
        }  # fmt: skip
        run.write_json(f"rank{os.environ['RANK']}.error.json", report)
        sys.exit(1)


if __name__ == "__main__":
    _rank(*sys.argv[1:]) if len(sys.argv) == 2 else _group(*sys.argv[1:])
