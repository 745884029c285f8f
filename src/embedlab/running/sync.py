"""Offline runs of Weights & Biases, found in a run or a sweep directory and sent."""

import shlex
import subprocess
import sys
from pathlib import Path

from embedlab.errors import BadInput
from embedlab.report.sweep import jobs
from embedlab.running.rundir import RunDir
from embedlab.running.sweepdir import at_work


def sync(directory: Path, dry_run: bool = False) -> int:
    """Send the offline runs that were not sent yet; without a login, or for a dry run, print the commands that do.

    A run that is being written is left for later: sent now, it would count as sent whole.

    Returns:
        0 when all is sent, or nothing was to be; 1 when something is left.

    Raises:
        BadInput: there is no run, or none with an offline run.
    """
    runs = [path for path, _ in jobs(directory) if any(path.glob("wandb/offline-run-*"))]
    if not runs:
        raise BadInput(f"{directory}: no offline run of Weights & Biases in it; logger=[wandb] writes them")
    ended = [path for path in runs if not at_work(RunDir(path).read_json("status.json"))]
    parts = [str(part) for path in ended for part in _unsent(path)]
    if parts and not dry_run:
        subprocess.run([sys.executable, "-m", "wandb", "sync", *parts], stdin=subprocess.DEVNULL, check=False)
    left = [path for path in ended if _unsent(path)]
    at_work_now = f", {len(runs) - len(ended)} at work" if len(runs) > len(ended) else ""
    print(f"{len(runs)} offline runs: {len(ended) - len(left)} sent, {len(left)} not sent{at_work_now}")
    if left:
        print(f"To send them: wandb login, then embedlab sync {shlex.quote(str(directory))}; or run by run:")
    for path in left:
        print(shlex.join(["wandb", "sync", *map(str, _unsent(path))]))
    return int(bool(left) and not dry_run)


def _unsent(run: Path) -> list[Path]:
    """What is not sent of a run, in the order it was written: one that was resumed has several parts."""
    return [part for part in sorted(run.glob("wandb/offline-run-*")) if not any(part.glob("*.wandb.synced"))]
