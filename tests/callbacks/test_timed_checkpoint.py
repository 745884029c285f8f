import time

import pytest
import pytorch_lightning as pl
import torch

from embedlab.callbacks import TimedCheckpoint


class Line(pl.LightningModule):
    def __init__(self, clock, stop_after=None):
        super().__init__()
        self.layer, self.clock, self.stop_after = torch.nn.Linear(1, 1), clock, stop_after

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).square().mean()

    def on_train_epoch_end(self):
        self.clock[0] += 4
        self.trainer.should_stop |= self.current_epoch == self.stop_after

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)

    def train_dataloader(self):
        return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(3, 1)))


@pytest.mark.parametrize(
    ("limits", "stop_after", "written"),
    [
        ({"max_epochs": 7}, None, [2, 5, 6]),  # at 12 s, at 24 s, and the last
        ({"max_epochs": 6}, None, [2, 5]),
        ({"max_epochs": 50}, 3, [2, 3]),
        ({"max_epochs": -1, "max_steps": 5}, None, [1]),
    ],
)
def test_epochs_of_four_seconds_ten_seconds_apart(tmp_path, monkeypatch, limits, stop_after, written):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    checkpoint, epochs = TimedCheckpoint(10, dirpath=tmp_path, filename="last", enable_version_counter=False), []
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    trainer = pl.Trainer(**limits, callbacks=[checkpoint], **quiet)
    save = trainer.save_checkpoint
    monkeypatch.setattr(trainer, "save_checkpoint", lambda *a: (epochs.append(trainer.current_epoch), save(*a)))
    trainer.fit(Line(clock, stop_after))
    assert epochs == written
    found = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert found["epoch"] == written[-1]
    assert found["global_step"] == trainer.global_step
