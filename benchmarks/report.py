"""Seconds that `embedlab report` takes on a synthetic sweep directory, written by the documented format alone.

    python benchmarks/report.py [--jobs 10000] [--seeds 3] [--rounds 3] [--keep DIR]

Jobs vary the loss, two numbers and the seed; one in fifty failed, one in a hundred is running; each has a config of the
usual size. The whole command is timed, from its start as a process to the page, best and median of the rounds.
"""

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

LOSSES = ("contrastive", "triplet", "pairwise_hinge", "multi_similarity", "n_pairs", "infonce", "center", "arcface")
METRICS = (
    "recall_at_1", "recall_at_5", "recall_at_10", "map_at_r", "r_precision", "nmi", "ami", "ari", "auc", "eer",
    "verification_accuracy", "tar_at_far_1e-1", "tar_at_far_1e-2", "5way_1shot", "20way_1shot",
)  # fmt: skip


def config(loss: str, margin: float, rate: float, seed: int) -> str:
    """A resolved config as a run writes it, of about 200 lines."""
    blocks = [f"task:\n  _target_: embedlab.tasks.MetricLearning\n  loss:\n    margin: {margin}\n  seed: {seed}\n"]
    blocks += [
        f"part_{number}:\n  _target_: embedlab.parts.Part{number}\n  _partial_: true\n"
        + "".join(f"  key_{key}: {number * key / 7}\n" for key in range(9))
        for number in range(15)
    ]
    return "".join([
        *blocks,
        f"data:\n  _target_: embedlab.data.omniglot.OmniglotData\n  split: vinyals\n  seed: {seed}\n",
        f"loss:\n  _target_: embedlab.losses.{loss}\n  margin: {margin}\n",
        f"optimizer:\n  _target_: torch.optim.Adam\n  lr: {rate}\n",
        "callbacks:\n  best:\n    monitor: val/map_at_r\n    mode: max\n",
        f"evaluation:\n  verification:\n    folds: 10\nname: synthetic\nseed: {seed}\n",
    ])  # fmt: skip


def write_sweep(directory: Path, jobs: int, seeds: int) -> None:
    """``jobs`` run directories, ``seeds`` of each variant."""
    draw = random.Random(0)
    for job in range(jobs):
        seed, variant = job % seeds + 1, job // seeds
        loss = LOSSES[variant % len(LOSSES)]
        margin = round(0.05 + 0.05 * (variant // len(LOSSES) % 20), 2)
        rate = round(10 ** (-4 + 2 * (variant // len(LOSSES) // 20) / 25), 6)
        write_job(directory / str(job), loss, margin, rate, seed, draw)


def write_job(run: Path, loss: str, margin: float, rate: float, seed: int, draw: random.Random) -> None:
    run.mkdir(parents=True)
    (run / "config.yaml").write_text(config(loss, margin, rate, seed))
    overrides = ["experiment=omniglot", f"loss={loss}", f"loss.margin={margin}", f"optimizer.lr={rate}", f"seed={seed}"]
    (run / "overrides.yaml").write_text("".join(f"- {override}\n" for override in overrides))
    fate = draw.random()
    state = "failed" if fate < 0.02 else "running" if fate < 0.03 else "done"
    error = "the loss is nan at step 120" if state == "failed" else None
    seconds = 0.0 if state == "running" else round(draw.uniform(40, 80), 3)
    status = {"status": state, "started": "2026-01-01T00:00:00+00:00", "pid": 1, "seconds": seconds, "error": error,
              "traceback": error and f"Traceback (most recent call last):\nValueError: {error}\n"}  # fmt: skip
    (run / "status.json").write_text(json.dumps(status, indent=2))
    environment = {
        "git_commit": "0123456789abcdef0123456789abcdef01234567",
        "versions": {f"package_{number}": "1.0.0" for number in range(9)},
        "hardware": {"processor": "Some CPU", "cores": 2, "torch_threads": 1, "gpus": [], "platform": "Linux"},
        "seed": seed,
    }
    if state == "done":
        environment["peak_memory_bytes"] = draw.randrange(1 << 30, 1 << 31)
        quality = 0.6 + 0.02 * LOSSES.index(loss) - 0.1 * abs(margin - 0.4) - 0.03 * abs(math.log10(rate) + 3)
        values = {f"test/{name}": min(max(draw.gauss(quality, 0.01), 0), 1) for name in METRICS}
        entries = {name: {"value": v, "low": v - 0.02, "high": v + 0.02} for name, v in values.items()}
        (run / "metrics.json").write_text(json.dumps(entries, indent=2))
    (run / "environment.json").write_text(json.dumps(environment, indent=2))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=10_000)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--keep", type=Path, help="write the sweep here and leave it; one that is here is used again")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = given.keep or Path(temporary) / "sweep"
        if not directory.exists():
            write_sweep(directory, given.jobs, given.seeds)
        seconds = []
        for _ in range(given.rounds):
            began = time.perf_counter()
            command = [sys.executable, "-m", "embedlab.cli", "report", str(directory)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - began)
    print(f"{given.jobs:,} jobs: {min(seconds):.1f} s at best, {median(seconds):.1f} s median of {given.rounds}")


if __name__ == "__main__":
    main()
