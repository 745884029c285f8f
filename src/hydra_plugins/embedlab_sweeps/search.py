"""A search by Optuna: each trial a job, its result the best that was logged of one validation number."""

import contextlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from omegaconf import OmegaConf

from embedlab.atomic import write_atomically
from embedlab.errors import BadInput
from embedlab.randomness import mix
from embedlab.running.sweepdir import PlannedJob, SweepDir
from embedlab.running.sweeping import check_launcher, compose_job
from hydra_plugins.embedlab_sweeps.sweeper import PlannedSweeper

STUDY = "study.db"
BEST = "best.txt"
AGAIN = "job"  # attribute of a trial that is another's, run again: the number of its job


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
        retry_failed: of a search gone on with, run the failed trials again too: each as a new trial of the same values,
            in the directory of the failed one.
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
        if importlib.util.find_spec("optuna") is None:
            raise BadInput("sweeper=optuna: not installed; pip install 'embedlab[optuna]'")
        check_launcher(self.config)
        fixed, space = self.space(arguments)
        sweep = self.directory()
        storage = self.storage or f"sqlite:///{sweep.path / STUDY}"
        with sweep.locked(), _said_in_one_line(storage):
            known = sweep.jobs() if sweep.planned else []
            study = self._study(storage, space, known)
            if known:
                sweep.wait_for_orphans()
            OmegaConf.save(self.config, sweep.path / "multirun.yaml")
            self._search(sweep, study, storage, fixed, space)
            self._write_best(sweep, study, fixed)

    def _search(
        self, sweep: SweepDir, study: Any, storage: str, fixed: Sequence[str], space: Mapping[str, Any]
    ) -> None:
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        if self.retry_failed:
            for number, trial in latest(study).items():
                if trial.state == TrialState.FAIL:
                    study.enqueue_trial(trial.params, user_attrs={AGAIN: number})
        ours = {job.number for job in sweep.jobs()} if sweep.planned else set()
        begun = latest(study).items()
        batch = [t for n, t in begun if t.state == TrialState.RUNNING and (n in ours or self.storage is None)]
        while True:
            ended = sum(trial.state.is_finished() for trial in latest(study).values())
            while len(batch) < min(self.n_jobs, self.n_trials - ended):
                if self.sampler is None:  # drawn by the trial's number: a search cut off goes on as if it were not
                    number = len(study.get_trials(deepcopy=False))
                    study.sampler = TPESampler(seed=mix(self.config.seed, number) % 2**32)
                batch.append(study.ask(space))
            if not batch:
                break
            self._run(sweep, study, storage, fixed, batch)
            batch = []

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

    def _study(self, storage: str, space: Mapping[str, Any], known: Sequence[PlannedJob]) -> Any:
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
        if any(job.number not in latest(study) for job in known):
            raise BadInput(f"{storage}: lacks trials that were run; begin anew in another folder: hydra.sweep.dir=PATH")
        study.set_user_attr("space", described)
        return study

    def _run(self, sweep: SweepDir, study: Any, storage: str, fixed: Sequence[str], batch: Sequence[Any]) -> None:
        from optuna.trial import TrialState

        jobs = {trial.number: self._job(trial, storage, fixed) for trial in batch}
        known = {job.number: job for job in sweep.jobs()} if sweep.planned else {}
        # A launcher that was killed may have left a job that is done, but not told of.
        left = [job for job in jobs.values() if known.get(job.number) != job or sweep.row(job).status != "done"]
        known |= {job.number: job for job in jobs.values()}
        sweep.plan(sys.argv[1:], [known[number] for number in sorted(known)], grow=True)
        self.launch(left)
        for number, job in jobs.items():
            done = sweep.row(job).status == "done"
            result = sweep.run(job).best_logged(self.objective, self.direction) if done else None
            pruned = study.get_trials(deepcopy=False)[number].user_attrs.get("pruned", False)
            if result is None:
                study.tell(number, state=TrialState.FAIL)
                print(f"    {job.number}: no {self.objective}", flush=True)
            else:
                study.tell(number, None if pruned else result, state=TrialState.PRUNED if pruned else None)
                print(f"    {job.number}: {self.objective} {result:.4g}{' (pruned)' if pruned else ''}", flush=True)

    def _job(self, trial: Any, storage: str, fixed: Sequence[str]) -> PlannedJob:
        overrides = [*fixed, *(f"{key}={value}" for key, value in trial.params.items())]
        if self.pruner is not None:
            pruner = OmegaConf.to_container(self.config.hydra.sweeper.pruner)
            callback = {
                "_target_": "embedlab.callbacks.Pruning", "monitor": self.objective, "storage": storage,
                "study_name": self.study_name, "trial": trial.number, "pruner": _written(pruner),
            }  # fmt: skip
            overrides += [f"+callbacks.pruning.{key}={value}" for key, value in callback.items()]
        return self.planned(place(trial), overrides)

    def _write_best(self, sweep: SweepDir, study: Any, fixed: Sequence[str]) -> None:
        try:
            best = study.best_trial
        except ValueError:  # no trial ended well
            return
        kept = [override for override in fixed if not override.startswith(("+sweep=", "sweeper="))]
        values = [*kept, *(f"{key}={value}" for key, value in best.params.items())]
        command = "embedlab train " + " ".join(values)
        write_atomically(sweep.path / BEST, command + "\n")
        print(f"Best: {self.objective} {best.value:.4g}, trial {place(best)}. Run it with\n  {command}", flush=True)


def place(trial: Any) -> int:
    """The number of the job of a trial: its own, or of one run again that of the trial that failed."""
    return int(trial.user_attrs.get(AGAIN, trial.number))


def latest(study: Any) -> dict[int, Any]:
    """The trial that counts of each job."""
    return {place(trial): trial for trial in study.get_trials(deepcopy=False)}


@contextlib.contextmanager
def _said_in_one_line(storage: str) -> Iterator[None]:
    """What a database can't do.

    Raises:
        BadInput: it is damaged, or can't be written.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        cause = error if isinstance(error, SQLAlchemyError) else error.__cause__
        raise BadInput(
            f"{storage}: the study can't be used ({getattr(cause, 'orig', None) or cause}); make room if the disk is "
            "full; if it is damaged begin anew in another folder: hydra.sweep.dir=PATH"
        ) from error


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
