from types import SimpleNamespace

import pytest
import torch

from embedlab.callbacks import StopOnNonFinite
from embedlab.errors import BadInput


def steps(callback, losses, last=None):
    callback.on_train_start(None, None)
    for step, loss in enumerate(losses, start=1):
        trainer = SimpleNamespace(global_step=step, is_last_batch=step == last)
        callback.on_train_batch_end(trainer, None, {"loss": torch.tensor(loss)}, None, step)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_the_first_bad_step_is_named_at_the_next_look(bad):
    with pytest.raises(BadInput, match="not finite at step 3:"):
        steps(StopOnNonFinite(every_n_steps=5), [1.0, 1.0, bad, 1.0, bad])


def test_it_looks_before_the_epoch_s_checkpoint_is_written():
    with pytest.raises(BadInput, match="not finite at step 2:"):
        steps(StopOnNonFinite(every_n_steps=100), [1.0, float("nan")], last=2)


def test_finite_losses_pass():
    steps(StopOnNonFinite(every_n_steps=1), [1.0, 0.0, -3.0], last=3)
