"""What the frame costs: a training step and a start of embedlab beside bare Lightning and a plain PyTorch loop.

    python benchmarks/framework.py [--rounds 8] [--steps 200] [--output benchmarks/framework.csv]

Conv4 on Omniglot, PK batches, triplet loss, Adam, bfloat16 autocast, one thread: the same parts in all three, and their
last losses must be equal to the bit. They take turns, round by round, and ratios are taken within a round.

By the clock and, as other work on the machine then counts less, in processor time.

A step is the time between two forward passes in training, all that happens in between included. Lightning and embedlab
train as they do for a user at a terminal: progress bar, checkpoints and logs on (CSV; embedlab also its own callbacks).
A start is the time from the command to the end of its first step, of `embedlab train` and of minimal_lightning.py.
"""

import argparse
import contextlib
import csv
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import hydra
import torch
from clocked import FIRST_STEP, ClockedConv4
from machine import machine
from minimal_lightning import PER_CLASS, RATE, SEED, Size, parts
from minimal_lightning import train as bare_lightning
from rich.console import Console
from rich.table import Table

from embedlab.batch import EmbeddingBatch
from embedlab.running.catalog import conf_dir
from embedlab.running.launch import launch
from embedlab.running.rundir import RunDir

HERE = Path(__file__).parent
WARM_UP = 10  # steps that are not timed
PLAIN, LIGHTNING, EMBEDLAB = "plain loop", "bare Lightning", "embedlab"
COMMANDS = (("--version",), ("--help",), ("list",), ("train", "--help"))


class Taken(NamedTuple):
    """Seconds by the clock, and of the processor."""

    seconds: float
    processor: float


def plain_loop(size: Size, directory: str) -> float:
    loader, model, loss = parts(size)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for images, labels in loader:
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = model(images.contiguous(memory_format=torch.channels_last))
            value = loss(EmbeddingBatch(embeddings, labels))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return value.item()


def overrides(size: Size, directory: str) -> list[str]:
    """The same run for `embedlab train`; of the data that are not trained on, one batch."""
    return [
        f"run_dir={directory}", "model._target_=clocked.ClockedConv4", f"model.channels={size.channels}",
        f"sampler.classes_per_batch={size.classes}", f"sampler.samples_per_class={PER_CLASS}",
        f"sampler.batches_per_epoch={size.steps}", f"seed={SEED}", f"optimizer.lr={RATE}", "data.rotations=false",
        "trainer.max_epochs=1", "logger=[csv]", "evaluation=none", "threads=1",
        "+trainer.limit_val_batches=1", "+trainer.limit_test_batches=1",
    ]  # fmt: skip


def embedlab(size: Size, directory: str) -> float:
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train", overrides(size, directory))
    launch(config, RunDir(Path(directory)), [])
    logged = [json.loads(line) for line in Path(directory, "history.jsonl").read_text().splitlines()]
    return [line["train/loss"] for line in logged if "train/loss" in line][-1]


CONTESTANTS = {PLAIN: plain_loop, LIGHTNING: bare_lightning, EMBEDLAB: embedlab}


@contextlib.contextmanager
def terminal() -> Iterator[None]:
    """What is printed meanwhile goes to a pseudo-terminal: a progress bar costs what it costs a user."""
    ours, theirs = os.openpty()

    def read() -> None:
        with contextlib.suppress(OSError):  # closed
            while os.read(ours, 1 << 16):
                pass

    reader = threading.Thread(target=read)
    reader.start()
    with open(theirs, "w") as stream, contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield
    reader.join()
    os.close(ours)


def seconds_of_a_step(size: Size) -> dict[str, Taken]:
    """One round: the mean over the steps of each contestant."""
    found, losses = {}, {}
    for name, train in CONTESTANTS.items():
        ClockedConv4.beginnings.clear()
        torch.utils.deterministic.fill_uninitialized_memory = True  # torch's default, which embedlab changes
        with tempfile.TemporaryDirectory() as directory, terminal():
            losses[name] = train(size, directory)
        timed = ClockedConv4.beginnings[WARM_UP : size.steps]
        found[name] = Taken(
            *((last - first) / (len(timed) - 1) for first, last in zip(timed[0], timed[-1], strict=True))
        )
    if len(set(losses.values())) > 1:
        sys.exit(f"the contestants do not do the same: their last losses are {losses}")
    return found


def seconds_to_first_step(size: Size) -> dict[str, Taken]:
    """One round of starts, each a process of its own."""
    found = {}
    for name in (LIGHTNING, EMBEDLAB):
        with tempfile.TemporaryDirectory() as directory:
            sizes = [f"--{key}={value}" for key, value in size._asdict().items()]
            commands = {
                LIGHTNING: [str(HERE / "minimal_lightning.py"), directory, *sizes],
                EMBEDLAB: ["-m", "embedlab.cli", "train", *overrides(size, directory)],
            }
            moment = Path(directory, "moment")
            path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
            environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", FIRST_STEP: str(moment)}
            began = time.monotonic()
            subprocess.run([sys.executable, *commands[name]], env=environment, check=True, capture_output=True)
            ended, processor = json.loads(moment.read_text())
            found[name] = Taken(ended - began, processor)
    return found


def seconds_of_commands() -> dict[str, Taken]:
    """One round of commands that only say something."""
    found = {}
    for arguments in COMMANDS:
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "embedlab.cli", *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found["embedlab " + " ".join(arguments)] = Taken(time.monotonic() - began, processor)
    return found


def summary(measure: str, rounds: list[dict[str, Taken]]) -> list[dict[str, object]]:
    """A row for each contestant: the median, and beside bare Lightning the median, lowest and highest ratio."""
    rows = []
    for name in rounds[0]:
        row: dict[str, object] = {"measure": measure, "contestant": name, "rounds": len(rounds)}
        for field in Taken._fields:
            row[field] = f"{median(getattr(one[name], field) for one in rounds):.3g}"
            if LIGHTNING in rounds[0]:
                ratios = sorted(getattr(one[name], field) / getattr(one[LIGHTNING], field) for one in rounds)
                values = {"": median(ratios), "_low": ratios[0], "_high": ratios[-1]}
                row |= {f"{field}_times_lightning{end}": f"{value:.3f}" for end, value in values.items()}
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8, help="the first of several fills caches and is not counted")
    parser.add_argument("--steps", type=int, default=200, help="of a run; those that take long are a quarter of it")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".csv"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=True)  # as Lightning is told to
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.ERROR)
    os.environ.setdefault("TERM", "xterm-256color")
    small, large = Size(8, 4, given.steps), Size(64, 32, max(given.steps // 4, 2 * WARM_UP))
    measures = {
        f"step, {large.classes * PER_CLASS} images, 64 channels": lambda: seconds_of_a_step(large),
        f"step, {small.classes * PER_CLASS} images, 8 channels": lambda: seconds_of_a_step(small),
        "command to first step": lambda: seconds_to_first_step(large),
        "command": seconds_of_commands,
    }
    found: dict[str, list[dict[str, Taken]]] = {name: [] for name in measures}
    for _ in range(given.rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    rows = [row for name, rounds in found.items() for row in summary(name, rounds[1:] or rounds)]
    columns = [key for key in rows[0] if not key.endswith(("_low", "_high"))]
    shown = Table(*columns)
    for row in rows:
        shown.add_row(*(str(row.get(key, "")) for key in columns))
    Console(width=160).print(shown)
    with given.output.open("w", newline="") as file:
        here = machine(1, "torch", "pytorch-lightning", "hydra-core")
        writer = csv.DictWriter(file, [*rows[0], *here], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **here} for row in rows)
    print(f"written to {given.output}")


if __name__ == "__main__":
    main()
