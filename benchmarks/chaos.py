"""Sweeps killed at random moments end with the very numbers of one that was left alone.

python benchmarks/chaos.py [--rounds 20] [--seed 0]

Each round starts the same small sweep, kills a job, the launcher, or every process of it after a random time, goes on
with ``embedlab sweep --resume --retry-failed`` until nothing is left to run, and compares every metric of every job.
Writes chaos.csv beside this file; the exit status is 1 if any round ended otherwise.
"""

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SWEEP = [
    "train", "-m", "loss=triplet,arcface", "seed=1,2", "miner=semi_hard", "memory=xbm", "hydra.sweep.dir=sweep",
    "trainer.max_epochs=8", "trainer.enable_progress_bar=false", "sampler.classes_per_batch=8",
    "sampler.batches_per_epoch=5", "model.channels=8", "data.rotations=false", "evaluation=quick", "threads=1",
]  # fmt: skip
JOBS = 4
VICTIMS = ("job", "launcher", "everything")


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command in a process group of its own."""
    with (folder / "output").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "embedlab.cli", *arguments], cwd=folder, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip


def status(sweep: Path, number: int) -> dict:
    try:
        return json.loads((sweep / str(number) / "status.json").read_text())
    except (OSError, ValueError):
        return {}


def metrics(sweep: Path) -> list[dict]:
    return [json.loads((sweep / str(number) / "metrics.json").read_text()) for number in range(JOBS)]


def kill(process: subprocess.Popen[bytes], sweep: Path, victim: str) -> None:
    if victim == "everything":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "launcher":
        process.kill()
    else:
        states = [status(sweep, number) for number in range(JOBS)]
        for state in states:
            if state.get("status") == "running":
                os.kill(state["pid"], signal.SIGKILL)


def main() -> int:
    """Run the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments and the victims")
    options = parser.parse_args()
    choose = random.Random(options.seed)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        calm = Path(name, "calm")
        calm.mkdir()
        began = time.monotonic()
        if start(calm, *SWEEP).wait():
            raise SystemExit((calm / "output").read_text())
        length, expected = time.monotonic() - began, metrics(calm / "sweep")
        for number in range(options.rounds):
            folder = Path(name, str(number))
            folder.mkdir()
            victim, moment = VICTIMS[number % len(VICTIMS)], choose.uniform(0, length)
            process = start(folder, *SWEEP)
            time.sleep(moment)
            kill(process, folder / "sweep", victim)
            process.wait()
            attempts = 0
            while [status(folder / "sweep", n).get("status") for n in range(JOBS)] != ["done"] * JOBS and attempts < 5:
                attempts += 1
                planned = (folder / "sweep" / "manifest.json").exists()
                start(folder, *(["sweep", "sweep", "--resume", "--retry-failed"] if planned else SWEEP)).wait()
            same = attempts < 5 and metrics(folder / "sweep") == expected
            rows.append(
                {
                    "round": number,
                    "killed": victim,
                    "after_seconds": round(moment, 1),
                    "resumed": attempts,
                    "same": same,
                }
            )
            print(rows[-1], flush=True)
    with Path(__file__).with_suffix(".csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return int(not all(row["same"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
