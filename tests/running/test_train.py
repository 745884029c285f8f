"""The pieces of a run: dashboards closed."""

from types import SimpleNamespace

import pytest
from pytorch_lightning.loggers import WandbLogger

from embedlab.running.train import close_loggers


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
