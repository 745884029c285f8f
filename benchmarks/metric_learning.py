"""All triplets and semi-hard triplets of a batch, forward and backward: time and memory beside pytorch-metric-learning.

    python benchmarks/metric_learning.py [--threads 1] [--sizes 128 1024] [--output benchmarks/metric_learning.csv]

Batches of 128-d unit vectors, 4 per class, on the CPU. Per size: first the values and gradients are compared; then the
contestants take turns, round by round, and the ratio of times is taken within a round (one thread, so that other work
on the machine slows all alike); then each runs once more in a process of its own, where its peak of resident memory
above the level just before is read (below a few MB, mostly what the allocator had in stock). A contestant that would
need more memory or time than is reasonable, going by its last size, sits out.
"""

import argparse
import csv
import gc
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import torch
from machine import machine
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from rich.console import Console
from rich.table import Table

from embedlab.batch import EmbeddingBatch
from embedlab.losses import TripletLoss

DIM, PER_CLASS, MARGIN = 128, 4, 0.2
SIZES = (128, 256, 512, 1024, 2048, 4096, 8192, 16384)
MODES = ("all", "semi_hard")
PEER = "pytorch-metric-learning"
MOST_BYTES, MOST_SECONDS = 8e9, 120.0

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def contestants(mode: str) -> dict[str, Loss]:
    distance = LpDistance(normalize_embeddings=False, power=2)
    peer = TripletMarginLoss(MARGIN, distance=distance)
    miner = TripletMarginMiner(MARGIN, type_of_triplets="semihard", distance=distance)
    ours = {name: TripletLoss(MARGIN, triplets=mode, fused=name == "fused") for name in ("fused", "plain")}
    return {
        "fused": lambda x, labels: ours["fused"](EmbeddingBatch(x, labels)),
        "plain": lambda x, labels: ours["plain"](EmbeddingBatch(x, labels)),
        PEER: lambda x, labels: peer(x, labels, miner(x, labels) if mode == "semi_hard" else None),
    }


def example(size: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(size)
    x = torch.nn.functional.normalize(torch.randn(size, DIM)).to(dtype)
    return x.requires_grad_(), torch.arange(size) // PER_CLASS


def step(loss: Loss, size: int, dtype: torch.dtype = torch.float32) -> tuple[float, torch.Tensor, float]:
    """Value, gradient and seconds of one forward and backward pass."""
    x, labels = example(size, dtype)
    gc.collect()
    start = time.perf_counter()
    value = loss(x, labels)
    value.backward()
    seconds = time.perf_counter() - start
    return value.item(), x.grad, seconds


def check_alike(losses: dict[str, Loss], size: int) -> None:
    """In float64 exact; in float32 some of the millions of triplets lie within rounding of being semi-hard or not."""
    for dtype, most, most_of_gradient in ((torch.float32, 1e-5, 1e-3), (torch.float64, 1e-9, 1e-9)):
        if dtype == torch.float64 and size > 1024:
            continue
        value, gradient, _ = step(losses.get("plain", losses["fused"]), size, dtype)
        for name, loss in losses.items():
            other, other_gradient, _ = step(loss, size, dtype)
            off, gradient_off = abs(other / value - 1), ((other_gradient - gradient).norm() / gradient.norm()).item()
            if off > most or gradient_off > most_of_gradient:
                sys.exit(f"{name} at {size} in {dtype}: value off by {off:.1e}, gradient by {gradient_off:.1e}")


def peak_bytes(mode: str, name: str, size: int, threads: int) -> int:
    command = [sys.executable, __file__, "--memory-of", mode, name, str(size), "--threads", str(threads)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_memory(mode: str, name: str, size: int) -> int:
    """In a fresh process: bytes of resident memory at the peak of one step, above those before it."""

    def status(field: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))

    loss = contestants(mode)[name]
    step(loss, 64)  # imports, compilation and thread pools are not the step's
    x, labels = example(size)
    gc.collect()
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts over
    loss(x, labels).backward()
    return status("VmHWM") - before


def run(mode: str, sizes: list[int], threads: int, console: Console) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    last: dict[str, tuple[int, int, float]] = {}  # contestant: size, bytes and seconds of its largest batch so far
    for size in sizes:
        left_out = {}
        for name, (small, used, seconds) in last.items():
            growth = (size / small) ** 2
            if used * growth > MOST_BYTES:
                left_out[name] = f"out of memory (would need {used * growth / 1e9:.0f} GB)"
            elif seconds * growth > MOST_SECONDS:
                left_out[name] = f"too long (would take {seconds * growth:.0f} s)"
        losses = {name: loss for name, loss in contestants(mode).items() if name not in left_out}
        check_alike(losses, size)
        times: dict[str, list[float]] = {name: [] for name in losses}
        started = time.perf_counter()
        while len(times["fused"]) < 5 or (len(times["fused"]) < 51 and time.perf_counter() - started < 20):
            for name, loss in losses.items():
                times[name].append(step(loss, size)[2])
        for name in contestants(mode):
            row: dict[str, object] = {"triplets": mode, "batch": size, "contestant": name}
            if name in left_out:
                rows.append({**row, "note": left_out[name]})
                continue
            used = peak_bytes(mode, name, size, threads)
            last[name] = size, used, median(times[name])
            row |= {"rounds": len(times[name]), "seconds": f"{median(times[name]):.3g}", "peak_mb": f"{used / 1e6:.3g}"}
            if PEER in losses and name != PEER:
                ratios = [theirs / ours for ours, theirs in zip(times[name], times[PEER], strict=True)]
                low, middle, high = (f"{ratio:.3g}" for ratio in quantiles(ratios, n=4))
                row |= {"times_faster": middle, "times_faster_low": low, "times_faster_high": high}
            rows.append(row)
        ours = {row["contestant"]: row for row in rows if row["batch"] == size}
        if "peak_mb" in ours[PEER]:
            for name in ("fused", "plain"):
                less = float(str(ours[PEER]["peak_mb"])) / max(float(str(ours[name]["peak_mb"])), 0.1)
                ours[name]["times_less_memory"] = f"{less:.3g}"
        console.print(f"{mode} {size}: done", style="dim")
    return rows


def table(rows: list[dict[str, object]], mode: str) -> Table:
    title = f"{mode} triplets: forward + backward beside {PEER}, ratio as median (quartiles) of rounds"
    made = Table("batch", "contestant", "seconds", "times faster", "peak MB", "times less memory", title=title)
    for row in (row for row in rows if row["triplets"] == mode):
        if "note" in row:
            made.add_row(str(row["batch"]), str(row["contestant"]), str(row["note"]))
            continue
        faster = (
            "{times_faster} ({times_faster_low}–{times_faster_high})".format(**row) if "times_faster" in row else ""
        )
        cells = ("batch", "contestant", "seconds", None, "peak_mb", "times_less_memory")
        made.add_row(*(faster if cell is None else str(row.get(cell, "")) for cell in cells))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("--memory-of", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.memory_of:
        mode, name, size = arguments.memory_of
        print(measure_memory(mode, name, int(size)))
        return
    console = Console(width=120)
    rows = [row for mode in MODES for row in run(mode, sorted(arguments.sizes), arguments.threads, console)]
    for mode in MODES:
        console.print(table(rows, mode))
    fields = list(dict.fromkeys(key for row in rows for key in row))
    with arguments.output.open("w", newline="") as file:
        here = machine(arguments.threads, "torch", "numba", "pytorch-metric-learning")
        writer = csv.DictWriter(file, [*fields, *here], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **here} for row in rows)
    console.print(f"written to {arguments.output}")


if __name__ == "__main__":
    main()
