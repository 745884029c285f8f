"""Training speed of the small LSTM on the Penn Treebank, by output layer, beside a plain PyTorch loop, in one run.

    python benchmarks/language_modeling.py [--rounds 5] [--steps 200] [--output benchmarks/language_modeling.csv]

Zaremba's small model: two layers of 200, 10 000 words, 20 rows in windows of 20, SGD at rate 1, clipped at 5, one
thread. The peer is nn.Embedding, nn.LSTM, nn.Linear and cross_entropy in a loop, float32. The others are runs of
`embedlab train experiment=penn_treebank`, progress bar, checkpoints and logs on. All begin with the same weights, and
after all steps are tested on the first ten thousand tokens of the test text, exactly.

A step is the time from the beginning of one to that of the next. They take turns, round by round, each in a process of
its own; ratios are taken within a round, by the clock and, as other work on the machine then counts less, in processor
time. At rate 1 the first hundreds of steps are so steep that the last digit of a sum decides on tenths of a nat:
equality is checked at the tenth step, and the losses in the end are to be read with that in mind.

Generation: tokens a second of the same model after a prompt, its state carried on, and the whole text read again for
each token.
"""

import argparse
import csv
import itertools
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import hydra
import pytorch_lightning as pl
import torch
from clocked_steps import ClockedSteps
from framework import terminal
from machine import machine
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional

from embedlab.running.build import build
from embedlab.running.catalog import conf_dir
from embedlab.running.launch import launch
from embedlab.running.rundir import RunDir

WARM_UP = 10  # steps that are not timed
TEST_WINDOWS = 10  # of a thousand tokens
PROMPT, GENERATED = 200, 200  # tokens
CLOSE = 1e-4  # in nats: so near the peer's loss must be after the first steps; later the last digits have grown

PEER, PEER_BF16 = "PyTorch loop", "PyTorch loop, bf16 autocast"
EXACT = "embedlab, exact softmax"
BF16 = ["trainer.precision=bf16-mixed"]
RUNS = {
    EXACT: [],
    f"{EXACT}, bf16 gradients of it": ["loss.half_gradients=true"],
    f"{EXACT}, bf16": BF16,
    "embedlab, adaptive softmax": ["loss=adaptive_softmax"],
    "embedlab, adaptive softmax, bf16": ["loss=adaptive_softmax", *BF16],
    "embedlab, sampled softmax": ["loss=sampled_softmax"],
    "embedlab, NCE": ["loss=nce"],
}
STATE, PREFIX = "state carried on", "text read again"


class Found(NamedTuple):
    """Seconds by the clock and of the processor, for so many tokens; the loss of the step before, and of the test."""

    seconds: float
    processor: float
    tokens: int
    early: float = 0.0
    loss: float | None = None


def config_of(steps: int, directory: str, *overrides: str) -> DictConfig:
    """The run as `embedlab train` takes it."""
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return hydra.compose("train", [
            "experiment=penn_treebank", f"run_dir={directory}", "trainer.max_epochs=1", "threads=1", "logger=[csv]",
            "callbacks.best=null", "task.gallery=null", f"+trainer.limit_train_batches={steps}",
            "+trainer.limit_val_batches=0", f"+trainer.limit_test_batches={TEST_WINDOWS}",
            "+callbacks.clock._target_=clocked_steps.ClockedSteps", *overrides,
        ])  # fmt: skip


class Plain(nn.Module):
    """The peer, with the weights that a run begins with."""

    def __init__(self, task: pl.LightningModule) -> None:
        super().__init__()
        words, dim = task.loss.weight.shape
        self.embedding, self.lstm = nn.Embedding(words, dim), nn.LSTM(dim, dim, 2, batch_first=True)
        self.output = nn.Linear(dim, words)
        for own, given in (
            (self.embedding, task.model.embedding),
            (self.lstm, task.model.cells),
            (self.output, task.loss),
        ):
            own.load_state_dict(given.state_dict())

    def forward(self, tokens: Tensor, state: tuple[Tensor, ...] | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        hidden, state = self.lstm(self.embedding(tokens), state)
        return self.output(hidden).flatten(0, 1), state


def plain_loop(steps: int, bf16: bool = False) -> Found:
    with tempfile.TemporaryDirectory() as directory:
        config = config_of(steps, directory)
        pl.seed_everything(config.seed, verbose=False)
        built = build(config)
    model, data = Plain(built.task), built.data
    optimizer, state = torch.optim.SGD(model.parameters(), lr=1.0), None
    for window in itertools.islice(data.train_dataloader(), steps):
        ClockedSteps.note()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits, state = model(window.inputs, state)
            loss = functional.cross_entropy(logits, window.targets.flatten())
        state = tuple(part.detach() for part in state)
        optimizer.zero_grad()
        (loss * window.targets.shape[1]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        ClockedSteps.losses.append(loss.item())
    nats, tokens, state = 0.0, 0, None
    with torch.no_grad():
        for window in itertools.islice(data.test_dataloader(), TEST_WINDOWS):
            logits, state = model(window.inputs, state)
            nats += functional.cross_entropy(logits, window.targets.flatten(), reduction="sum").item()
            tokens += window.targets.numel()
    return taken(nats / tokens)


def embedlab(steps: int, overrides: list[str]) -> Found:
    with tempfile.TemporaryDirectory() as directory, terminal():
        found = launch(config_of(steps, directory, *overrides), RunDir(Path(directory)), [])
    return taken(found["test/loss"].value)


def taken(loss: float) -> Found:
    """What the clock says of the steps after the first few."""
    (began, before), (ended, after) = ClockedSteps.beginnings[WARM_UP], ClockedSteps.beginnings[-1]
    steps = len(ClockedSteps.beginnings) - 1 - WARM_UP
    return Found(ended - began, after - before, steps * 20 * 20, ClockedSteps.losses[WARM_UP - 1], loss)


def alone(name: str, steps: int) -> Found:
    """A contestant in a process of its own: none works in memory that another has left."""
    command = [sys.executable, __file__, "--contestant", name, "--steps", str(steps)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stdout}{done.stderr}")
    return Found(*json.loads(done.stdout.splitlines()[-1]))


def contestant(name: str, steps: int) -> Found:
    if name in (PEER, PEER_BF16):
        return plain_loop(steps, name == PEER_BF16)
    return embedlab(steps, RUNS[name])


def training(steps: int) -> dict[str, Found]:
    """One round."""
    found = {name: alone(name, steps) for name in (PEER, PEER_BF16, *RUNS)}
    gap = abs(found[EXACT].early - found[PEER].early)
    if not gap < CLOSE:
        sys.exit(f"the exact softmax does not do what the peer does: at step {WARM_UP} the losses differ by {gap:.2g}")
    return found


def generation(task: pl.LightningModule) -> dict[str, Found]:
    """One round: the most probable tokens after a prompt, in two ways that must find the same."""
    prompt = torch.arange(PROMPT) % len(task.loss.weight)

    def carried_on() -> list[int]:
        tokens, state, text = prompt, None, []
        for _ in range(GENERATED):
            logarithms, state = task.next_token(tokens, state)
            tokens = logarithms.argmax()[None]
            text.append(int(tokens))
        return text

    def read_again() -> list[int]:
        text = prompt
        for _ in range(GENERATED):
            text = torch.cat([text, task.next_token(text)[0].argmax()[None]])
        return text[PROMPT:].tolist()

    ways: dict[str, Callable[[], list[int]]] = {STATE: carried_on, PREFIX: read_again}
    found, texts = {}, []
    for name, write in ways.items():
        ClockedSteps.note()
        texts.append(write())
        ClockedSteps.note()
        (began, before), (ended, after) = ClockedSteps.beginnings
        ClockedSteps.beginnings.clear()
        found[name] = Found(ended - began, after - before, GENERATED)
    if texts[0] != texts[1]:
        sys.exit("the two ways of generating give different texts")
    return found


def summary(measure: str, rounds: list[dict[str, Found]], peer: str) -> list[dict[str, object]]:
    """A row for each contestant: medians, and beside the peer the median, lowest and highest ratio."""
    rows = []
    for name in rounds[0]:
        own = [one[name] for one in rounds]
        row: dict[str, object] = {"measure": measure, "contestant": name, "rounds": len(rounds)}
        row["tokens_per_second"] = f"{median(one.tokens / one.seconds for one in own):.4g}"
        row["test_loss"] = "" if own[0].loss is None else f"{own[0].loss:.4f}"
        for label, field in (("times_faster", "seconds"), ("times_less_processor_time", "processor")):
            ratios = sorted(getattr(one[peer], field) / getattr(one[name], field) for one in rounds)
            values = {"": median(ratios), "_low": ratios[0], "_high": ratios[-1]}
            row |= {f"{label}{end}": f"{value:.3g}" for end, value in values.items()}
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--contestant", choices=[PEER, PEER_BF16, *RUNS], help="only this one, and only its numbers")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".csv"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    if given.contestant:
        print(json.dumps(contestant(given.contestant, given.steps)))
        return
    found: dict[str, list[dict[str, Found]]] = {"training": [], "generation": []}
    with tempfile.TemporaryDirectory() as directory:
        task = build(config_of(1, directory)).task.eval()
    for turn in range(given.rounds):
        found["training"].append(training(given.steps))
        found["generation"].append(generation(task))
        print(f"round {turn + 1} of {given.rounds}: done", flush=True)
    rows = summary("training", found["training"], PEER) + summary("generation", found["generation"], PREFIX)
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console(width=180).print(table)
    with given.output.open("w", newline="") as file:
        here = {"steps": given.steps, **machine(1, "torch", "pytorch-lightning")}
        writer = csv.DictWriter(file, [*rows[0], *here], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **here} for row in rows)
    print(f"written to {given.output}")


if __name__ == "__main__":
    main()
