"""Ends a trial of a search early that is unlikely to become its best."""

from typing import Any

import pytorch_lightning as pl


class Pruning(pl.Callback):
    """Reports a validation number to an Optuna study after each epoch, and stops training when its pruner says so.

    Args:
        monitor: name of the number.
        storage: URL of the study.
        study_name: its name there.
        trial: number of this run's trial.
        pruner: of Optuna: judges a trial by what the others had reported at the same epoch.
    """

    def __init__(self, monitor: str, storage: str, study_name: str, trial: int, pruner: Any) -> None:
        self.monitor, self.storage, self.study_name = monitor, storage, study_name
        self.number, self.pruner = trial, pruner
        self._trial: Any = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report, and ask whether to go on."""
        value = trainer.callback_metrics.get(self.monitor)
        if value is None or trainer.sanity_checking:
            return
        hopeless = False
        if trainer.is_global_zero:
            self._trial = self._trial or self._open()
            self._trial.report(float(value), step=trainer.current_epoch)
            if hopeless := self._trial.should_prune():
                self._trial.set_user_attr("pruned", True)
        trainer.should_stop |= trainer.strategy.reduce_boolean_decision(hopeless, all=False)

    def _open(self) -> Any:
        import optuna

        study = optuna.load_study(study_name=self.study_name, storage=self.storage, pruner=self.pruner)
        return optuna.trial.Trial(study, study.get_trials(deepcopy=False)[self.number]._trial_id)
