"""The pieces of a run: pictures kept, dashboards closed."""

from types import SimpleNamespace

import numpy as np
import pytest
from pytorch_lightning.loggers import WandbLogger

from embedlab.running.train import close_loggers, whole_classes


def test_pictures_are_kept_by_whole_classes():
    labels = np.repeat(np.arange(10), 5)
    rows = whole_classes(labels, most=23)
    assert len(rows) == 20
    assert set(np.unique(labels[rows], return_counts=True)[1]) == {5}
    assert np.array_equal(rows, np.sort(rows))
    assert len(whole_classes(labels, most=1000)) == 50
    assert len(whole_classes(labels, most=1)) == 5  # at least one class


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
