"""Averages of weights that fall by one at each step, so that every mean is known."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from embedlab.callbacks import NonMonotonicAveraging

NUMBERS = [3.0, 2.0, 2.5, 2.75, 1.0, 1.0, 1.0]  # with patience 1 the fourth is above the best before the third


class Falling(pl.LightningModule):
    """Its weight is −t after step t; notes what validation sees."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen = []

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)

    def training_step(self, batch, batch_idx):
        return self.weight.sum()

    def validation_step(self, batch, batch_idx):
        self.seen.append(self.weight.item())
        self.log("val/loss", NUMBERS[self.current_epoch])


def fit(epochs, directory, resume=False):
    """The module, trained, and the checkpoint of its last epoch."""
    module, last = Falling(), ModelCheckpoint(directory, "last", enable_version_counter=False)
    trainer = pl.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        num_sanity_val_steps=0, callbacks=[NonMonotonicAveraging(patience=1), last],
    )  # fmt: skip
    loader = torch.utils.data.DataLoader(torch.zeros(2, 1))
    trainer.fit(module, loader, loader, ckpt_path=directory / "last.ckpt" if resume else None, weights_only=True)
    return module, torch.load(directory / "last.ckpt", weights_only=True)


def test_the_mean_is_of_the_steps_since_the_number_stopped_falling(tmp_path):
    module, saved = fit(5, tmp_path)
    assert module.seen[::2] == [-2, -4, -6, -8, -9]  # of 8, 9 and 10
    assert saved["state_dict"]["weight"].item() == -9  # what was evaluated is what a user loads
    assert saved["current_model_state"]["weight"].item() == -10  # and from here training goes on
    module, saved = fit(7, tmp_path, resume=True)
    assert module.seen[::2] == [-10, -11]  # of 8 to 12, of 8 to 14
    assert saved["current_model_state"]["weight"].item() == -14
    assert module.weight.item() == -11
    assert saved["callbacks"]["NonMonotonicAveraging"]["numbers"] == NUMBERS


def test_without_a_trigger_the_last_weights_are_the_model(tmp_path):
    module, saved = fit(3, tmp_path)
    assert module.seen[::2] == [-2, -4, -6]
    assert saved["state_dict"]["weight"].item() == module.weight.item() == -6
