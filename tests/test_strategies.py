"""Periodic averaging by value, on two processes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from embedlab.strategies import PeriodicAveraging

RATE, PERIOD, STEPS, TARGETS = 0.1, 3, 8, (1.0, 5.0)


class Pull(pl.LightningModule):
    """Each rank pulls a weight towards a target of its own; remembers it after each step, and as it is validated."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.register_buffer("drawn", torch.zeros(1))
        self.steps: list[float] = []
        self.validated: list[tuple[float, float]] = []

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=RATE)

    def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
        self.drawn.fill_(self.global_rank + 1)
        return (self.weight - TARGETS[self.global_rank]).square().sum() / 2

    def on_train_batch_end(self, outputs, batch, batch_idx) -> None:
        self.steps.append(self.weight[0].item())

    def validation_step(self, batch: torch.Tensor, index: int) -> None:
        self.validated.append((self.weight[0].item(), self.drawn.item()))


class Weightless(pl.LightningModule):
    """Counts; what its optimizer steps is no weight of it."""

    automatic_optimization = False

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD([torch.zeros(1)], lr=RATE)

    def training_step(self, batch: torch.Tensor, index: int) -> None:
        self.optimizers().step()

    def validation_step(self, batch: torch.Tensor, index: int) -> None:
        pass


def one_rank(folder: Path) -> None:
    module, data = Pull(), DataLoader(torch.zeros(STEPS, 1))
    trainer = fitted(module, data)
    trainer.save_checkpoint(folder / "whole.ckpt")
    assert fitted(Weightless(), data).global_step == STEPS
    torch.save((module.steps, module.validated[-1], module.weight.tolist()), folder / f"{trainer.global_rank}.pt")


def fitted(module: pl.LightningModule, data: DataLoader) -> pl.Trainer:
    trainer = pl.Trainer(
        accelerator="cpu", devices=2, strategy=PeriodicAveraging(PERIOD), max_epochs=1, use_distributed_sampler=False,
        logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, data, DataLoader(torch.zeros(1, 1)))
    return trainer


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("averaged")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "x"}
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(2)
    ]
    try:
        assert [process.wait(timeout=120) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    return folder


def test_ranks_step_alone_and_meet_at_their_mean_after_every_period(folder: Path) -> None:
    (first, validated, end), (second, validated_too, end_too) = (torch.load(folder / f"{r}.pt") for r in range(2))
    expected = [0.0, 0.0]
    for step in range(STEPS):
        expected = [w - RATE * (w - target) for w, target in zip(expected, TARGETS, strict=True)]
        if (step + 1) % PERIOD == 0:
            expected = [sum(expected) / 2] * 2
        assert (first[step], second[step]) == pytest.approx(tuple(expected), rel=1e-6)
    assert first[PERIOD - 1] == second[PERIOD - 1]
    assert first[PERIOD] != second[PERIOD]
    mean = sum(expected) / 2  # what is validated and saved, though no period ends there
    assert validated == pytest.approx((mean, 1.0), rel=1e-6)  # with the buffers of rank 0
    assert validated_too == validated
    assert end == end_too == pytest.approx([mean, mean], rel=1e-6)
    saved = torch.load(folder / "whole.ckpt", weights_only=True)["state_dict"]
    assert saved["weight"].tolist() == end


def test_a_period_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"trainer.strategy.period=0: "):
        PeriodicAveraging(0)


if __name__ == "__main__":
    one_rank(Path(sys.argv[1]))
