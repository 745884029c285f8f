"""A search by Optuna: each trial a job, its result the best that was logged of one validation number."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.randomness import mix
from embedlab.running.rundir import write_atomically
from embedlab.running.sweepdir import PlannedJob, SweepDir
from embedlab.running.sweeping import check_launcher, compose_job
from hydra_plugins.embedlab_sweeps.sweeper import PlannedSweeper

STUDY = "study.db"
BEST = "best.txt"


class OptunaSweeper(PlannedSweeper):
    """Looks for the values that make a validation number best.

    A value is searched for where the command line says ``interval(0.1,0.5)``, ``tag(log,interval(1e-4,1e-1))``,
    ``range(1,9)`` or ``choice(a,b)``. The study lies in the sweep directory; the same command on the same directory
    goes on with it.

    Args:
        objective: name of the number, as in ``history.jsonl``; its best epoch counts.
        direction: ``maximize`` or ``minimize``.
        n_trials: how many in all.
        n_jobs: how many are asked for at once.
        sampler: an Optuna sampler; None: TPE, seeded by the experiment's seed.
        pruner: an Optuna pruner, which ends a trial early that is unlikely to be the best; None: none does.
        storage: URL of a study that several processes work on at once; None: SQLite in the sweep directory.
        study_name: its name there.
        params: the space as config, ``{loss.margin: "interval(0.1,0.5)"}``; the command line goes over it.
        retry_failed: taken as by every sweeper, without effect: a failed trial stays failed.
    """

    def __init__(
        self,
        objective: str = "val/recall_at_1",
        direction: Literal["maximize", "minimize"] = "maximize",
        n_trials: int = 20,
        n_jobs: int = 1,
        sampler: Any = None,
        pruner: Any = None,
        storage: str | None = None,
        study_name: str = "embedlab",
        params: Mapping[str, str] | None = None,
        retry_failed: bool = False,
    ) -> None:
        if direction not in ("maximize", "minimize"):
            raise BadInput(f"hydra.sweeper.direction={direction}: maximize or minimize")
        if n_trials < 1 or n_jobs < 1:
            raise BadInput(f"hydra.sweeper.n_trials={n_trials}, n_jobs={n_jobs}: at least one of each")
        self.objective, self.direction, self.n_trials, self.n_jobs = objective, direction, n_trials, n_jobs
        self.sampler, self.pruner, self.storage, self.study_name = sampler, pruner, storage, study_name
        self.params, self.retry_failed = dict(params or {}), retry_failed

    def sweep(self, arguments: list[str]) -> None:
        """Ask, run and tell until ``n_trials`` have ended; trials that were cut off are gone on with first."""
        import optuna
        from optuna.trial import TrialState

        check_launcher(self.config)
        fixed, space = self.space(arguments)
        sweep = self.directory()
        with sweep.locked():
            storage = self.storage or f"sqlite:///{sweep.path / STUDY}"
            study = self._study(storage, space)
            if sweep.planned:
                sweep.wait_for_orphans()
            OmegaConf.save(self.config, sweep.path / "multirun.yaml")
            begun = [trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.RUNNING]
            batch = [(trial.number, trial.params) for trial in begun]
            while True:
                ended = sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))
                while len(batch) < min(self.n_jobs, self.n_trials - ended):
                    if self.sampler is None:  # drawn by the trial's number: a search cut off goes on as if it were not
                        study.sampler = optuna.samplers.TPESampler(
                            seed=mix(self.config.seed, ended + len(batch)) % 2**32
                        )
                    trial = study.ask(space)
                    batch.append((trial.number, trial.params))
                if not batch:
                    break
                self._run(sweep, study, storage, fixed, batch)
                batch = []
            self._write_best(sweep, study, fixed)

    def space(self, arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
        """What stays as it is, and the distribution of each key that is searched over."""
        parser = OverridesParser.create(config_loader=self.context.config_loader)
        lines = [f"{key}={value}" for key, value in self.params.items()] + list(arguments)
        overrides = {override.get_key_element(): override for override in parser.parse_overrides(lines)}
        fixed = [
            f"{key}={override.get_value_element_as_str()}"
            for key, override in overrides.items()
            if not override.is_sweep_override()
        ]
        space = {key: distribution(override) for key, override in overrides.items() if override.is_sweep_override()}
        if not space:
            raise BadInput("nothing to search over: give a key a range, loss.margin=interval(0.1,0.5) or choice(…)")
        compose_job(self.context, self.config, fixed)
        return fixed, space

    def _study(self, storage: str, space: Mapping[str, Any]) -> Any:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            storage=storage, sampler=self.sampler, pruner=self.pruner or optuna.pruners.NopPruner(),
            study_name=self.study_name, direction=self.direction, load_if_exists=True,
        )  # fmt: skip
        described = {key: optuna.distributions.distribution_to_json(value) for key, value in sorted(space.items())}
        if study.user_attrs.get("space", described) != described:
            keys = ", ".join(study.user_attrs["space"])
            raise BadInput(f"{storage}: a study of another space ({keys}); give this one its own hydra.sweep.dir=PATH")
        study.set_user_attr("space", described)
        return study

    def _run(self, sweep: SweepDir, study: Any, storage: str, fixed: Sequence[str], batch: Sequence[Any]) -> None:
        from optuna.trial import TrialState

        jobs = [self._job(number, params, storage, fixed) for number, params in batch]
        earlier = [job for job in sweep.jobs() if job.number < jobs[0].number] if sweep.planned else []
        sweep.plan(sys.argv[1:], [*earlier, *jobs], grow=True)
        self.launch(jobs)
        for job in jobs:
            result = sweep.run(job).best_logged(self.objective, self.direction)
            pruned = study.get_trials(deepcopy=False)[job.number].user_attrs.get("pruned", False)
            if sweep.row(job).status != "done" or result is None:
                study.tell(job.number, state=TrialState.FAIL)
                print(f"    {job.number}: no {self.objective}", flush=True)
            else:
                study.tell(job.number, None if pruned else result, state=TrialState.PRUNED if pruned else None)
                print(f"    {job.number}: {self.objective} {result:.4g}{' (pruned)' if pruned else ''}", flush=True)

    def _job(self, number: int, params: Mapping[str, Any], storage: str, fixed: Sequence[str]) -> PlannedJob:
        overrides = [*fixed, *(f"{key}={value}" for key, value in params.items())]
        if self.pruner is not None:
            pruner = OmegaConf.to_container(self.config.hydra.sweeper.pruner)
            callback = {
                "_target_": "embedlab.callbacks.Pruning", "monitor": self.objective, "storage": storage,
                "study_name": self.study_name, "trial": number, "pruner": _written(pruner),
            }  # fmt: skip
            overrides += [f"+callbacks.pruning.{key}={value}" for key, value in callback.items()]
        return self.planned(number, overrides)

    def _write_best(self, sweep: SweepDir, study: Any, fixed: Sequence[str]) -> None:
        try:
            best = study.best_trial
        except ValueError:  # no trial ended well
            return
        kept = [override for override in fixed if not override.startswith("+sweep=")]
        values = [*kept, *(f"{key}={value}" for key, value in best.params.items())]
        command = "embedlab train " + " ".join(values)
        write_atomically(sweep.path / BEST, command + "\n")
        print(f"Best: {self.objective} {best.value:.4g}, trial {best.number}. Run it with\n  {command}", flush=True)


def distribution(override: Override) -> Any:
    """The Optuna distribution that a sweep override describes.

    Raises:
        BadInput: a range without an end.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    value: Any = override.value()
    if isinstance(value, ChoiceSweep):
        choices: list[Any] = list(override.sweep_iterator())
        return CategoricalDistribution(choices)
    assert isinstance(value, IntervalSweep | RangeSweep)
    low, high = value.start, value.end if isinstance(value, IntervalSweep) else value.stop
    if low is None or high is None:
        raise BadInput(f"{override.input_line}: a range needs a beginning and an end")
    if isinstance(value, IntervalSweep):
        return FloatDistribution(float(low), float(high), log="log" in value.tags)
    if all(float(number).is_integer() for number in (low, high, value.step)):
        return IntDistribution(int(low), int(high), step=int(value.step), log="log" in value.tags)
    return FloatDistribution(float(low), float(high), step=float(value.step))


def _written(value: Any) -> str:
    """A config value as an override writes it: ``{_target_:optuna.pruners.MedianPruner,n_warmup_steps:2}``."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_written(one)}" for key, one in value.items()) + "}"
    return "null" if value is None else str(value)
