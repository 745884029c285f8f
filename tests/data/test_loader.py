from pathlib import Path

import pytest
import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor, nn

from embedlab.data.images import ImageBatches, Split
from embedlab.data.loader import TrainLoader
from embedlab.data.samplers import MPerClassSampler

IMAGES = torch.arange(60, dtype=torch.uint8).view(60, 1, 1, 1)
LABELS = torch.arange(12).repeat_interleave(5)


class Recorder(LightningModule):
    """Remembers the rows of every training batch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.seen: list[tuple[int, list[int]]] = []

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        self.seen.append((self.current_epoch, (batch[0].flatten() * 255).round().int().tolist()))
        return self.weight.sum() * batch[0].mean()


def loader(num_workers: int) -> TrainLoader:
    sampler = MPerClassSampler(LABELS, classes_per_batch=4, samples_per_class=2, batches_per_epoch=7, seed=3)
    dataset = ImageBatches(Split(IMAGES, LABELS, []))
    return TrainLoader(dataset, sampler=sampler, batch_size=None, num_workers=num_workers)


def fit(folder: Path, num_workers: int = 0, resume: Path | None = None) -> list[tuple[int, list[int]]]:
    recorder = Recorder()
    trainer = Trainer(
        max_epochs=3,
        accelerator="cpu",
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[ModelCheckpoint(folder, "{step}", every_n_train_steps=1, save_top_k=-1)],
    )
    trainer.fit(recorder, loader(num_workers), ckpt_path=resume, weights_only=True)
    return recorder.seen


@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_resumed_run_sees_the_batches_it_had_not_seen(tmp_path: Path, num_workers: int) -> None:
    seen = fit(tmp_path / "whole")
    assert len(seen) == 21
    assert len({tuple(rows) for _, rows in seen}) == 21
    for step in (3, 7, 12, 14):  # inside the first epoch, its end, inside the second, its end
        again = fit(tmp_path / f"again{step}", num_workers, resume=tmp_path / "whole" / f"step={step}.ckpt")
        assert again == seen[step:], f"resumed after step {step}"


def test_the_state_is_the_epoch_and_the_batches_handed_out() -> None:
    first, second = loader(0), loader(0)
    first.sampler.set_epoch(2)
    batches = iter(first)
    for _ in range(3):
        next(batches)
    assert first.state_dict() == {"epoch": 2, "step": 3}
    second.load_state_dict(first.state_dict())
    rest = list(second)
    assert len(rest) == 4
    assert second.state_dict() == {"epoch": 2, "step": 7}
    for (x, _), (u, _) in zip(batches, rest, strict=True):
        assert torch.equal(x, u)
