"""Sweeps killed at random moments end with the very table of one that was left alone.

python benchmarks/chaos.py [--rounds 20] [--seed 0] [--output chaos.csv]

Each round starts the same small sweep, two jobs at once, and after a random time kills a job, the launcher, or every
process of it; goes on with ``embedlab sweep --resume --retry-failed`` until nothing is left to run; and compares the
settings and test metrics of ``results.csv``, as written. The exit status is 1 if any round ended otherwise.
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
    "train", "-m", "loss=triplet,arcface,contrastive", "miner=semi_hard", "memory=xbm", "hydra.sweep.dir=sweep",
    "hydra.launcher.jobs=2", "trainer.max_epochs=6", "trainer.enable_progress_bar=false",
    "callbacks.last.every_n_train_steps=2", "sampler.classes_per_batch=8", "sampler.batches_per_epoch=5",
    "model.channels=8", "data.rotations=false", "evaluation=quick", "threads=1",
]  # fmt: skip
JOBS = range(3)
VICTIMS = ("a job", "the launcher", "everything")
MOST_RESUMES = 5


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command in a process group of its own."""
    with (folder / "output").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "embedlab.cli", *arguments], cwd=folder, stdout=output, stderr=output,
            env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True,
        )  # fmt: skip


def statuses(folder: Path) -> list[dict]:
    """What each job says of itself; nothing where it has not begun."""
    found = []
    for number in JOBS:
        try:
            found.append(json.loads((folder / "sweep" / str(number) / "status.json").read_text()))
        except OSError:
            found.append({})
    return found


def done(folder: Path) -> int:
    return sum(status.get("status") == "done" for status in statuses(folder))


def kill(process: subprocess.Popen[bytes], folder: Path, victim: str) -> None:
    """Kill now; a job as soon as one is at work, if there will be one."""
    if victim == "everything":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "the launcher":
        process.kill()
    while victim == "a job" and process.poll() is None:
        running = [status["pid"] for status in statuses(folder) if status.get("status") == "running"]
        if running:
            os.kill(running[0], signal.SIGKILL)
            break
        time.sleep(0.02)


def table(folder: Path) -> list[dict[str, str]]:
    """The settings and test metrics of each job, as text; nothing where there is no table."""
    path = folder / "sweep" / "results.csv"
    if not path.exists():
        return []
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k in ("job", "loss", "seed", "status") or "/" in k} for row in rows]


def one_round(folder: Path, victim: str, moment: float, expected: list[dict[str, str]]) -> dict[str, object]:
    """Start, kill, go on to the end, compare."""
    began = time.monotonic()
    process = start(folder, *SWEEP)
    while time.monotonic() - began < moment and done(folder) < len(JOBS) - 1:  # while there is something to kill
        time.sleep(0.02)
    elapsed, finished = time.monotonic() - began, done(folder)
    kill(process, folder, victim)
    code = process.wait()
    resumes = 0
    while done(folder) < len(JOBS) and resumes < MOST_RESUMES:
        resumes += 1
        planned = (folder / "sweep" / "manifest.json").exists()
        code = start(folder, *(["sweep", "sweep", "--resume", "--retry-failed"] if planned else SWEEP)).wait()
    if code:  # killed while it wrote the table
        start(folder, "report", "sweep").wait()
    return {
        "killed": victim, "after_seconds": round(elapsed, 1), "done_before": finished, "resumes": resumes,
        "same_table": table(folder) == expected,
    }  # fmt: skip


def main() -> int:
    """Run the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    choose = random.Random(options.seed)
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        calm = Path(name, "calm")
        calm.mkdir()
        began = time.monotonic()
        if start(calm, *SWEEP).wait():
            raise SystemExit((calm / "output").read_text())
        length, expected = time.monotonic() - began, table(calm)
        for number in range(options.rounds):
            folder = Path(name, str(number))
            folder.mkdir()
            row = one_round(folder, VICTIMS[number % len(VICTIMS)], choose.uniform(0, length), expected)
            rows.append({"round": number, **row})
            print(rows[-1], flush=True)
            if not row["same_table"]:
                print((folder / "output").read_text(), flush=True)
            with options.output.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
    return int(not all(row["same_table"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
