"""The pieces of a run: checkpoints as named, dashboards closed."""

from types import SimpleNamespace

import hydra
import pytest
from pytorch_lightning.loggers import WandbLogger

from embedlab.running.catalog import conf_dir
from embedlab.running.train import build_trainer, close_loggers


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_dashboard_run_ends_with_the_true_exit_code(exit_code):
    codes = []

    class Dashboard(WandbLogger):
        def __init__(self):
            self._experiment = SimpleNamespace(finish=lambda exit_code: codes.append(exit_code))

        @property
        def experiment(self):
            return self._experiment

    trainer = SimpleNamespace(loggers=[Dashboard()])
    close_loggers(trainer, exit_code)
    assert codes == [exit_code]


@pytest.mark.parametrize(
    ("off", "left"), [((), 2), (("callbacks.last=null",), 1), (("callbacks.last=null", "callbacks.best=null"), 0)]
)
def test_no_checkpoint_is_written_that_the_config_does_not_name(off, left, tmp_path):
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train", [f"run_dir={tmp_path}", "logger=[]", *off])
    assert len(build_trainer(config).checkpoint_callbacks) == left
