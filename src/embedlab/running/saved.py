"""A trained run, opened again: its config checked, its data and model built, its weights loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hydra.utils import get_object
from omegaconf import DictConfig, OmegaConf

from embedlab.errors import BadInput
from embedlab.running.build import build, make
from embedlab.running.catalog import conf_dir, keys, names, nearest
from embedlab.running.checkpoints import check_checkpoint
from embedlab.running.rundir import RunDir, find_run
from embedlab.running.train import quiet_lightning
from embedlab.running.trust import check_targets


@dataclass(frozen=True)
class SavedRun:
    """A run with its weights loaded, in evaluation mode."""

    run: RunDir
    config: DictConfig
    data: Any
    task: Any

    def distance(self, protocol: str) -> str:
        """The distance an evaluation protocol of the run uses, else the squared Euclidean."""
        return str(OmegaConf.select(self.config, f"evaluation.{protocol}.distance", default="squared_euclidean"))


@dataclass(frozen=True)
class SavedTask:
    """A task with its weights loaded, in evaluation mode, and what splits text for it; None: white space does."""

    config: DictConfig
    task: Any
    tokenizer: Any


def saved_config(run: RunDir, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> DictConfig:
    """The run's config with overrides ``key=value`` or ``group=name`` on it.

    Raises:
        BadInput: an unknown key, a bad value, or a class that is not trusted.
    """
    saved = run.config()
    saved = _moved(saved, str(saved.get("run_dir")), str(run.path.absolute()))
    if "${" in str(saved):
        raise BadInput(f"{run.path}: this run's config holds interpolations; a saved config is resolved")
    config: DictConfig = OmegaConf.create(saved)
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals:
            raise BadInput(f"{override}: an override reads key=value")
        if "." not in key and key in names("groups"):
            if value not in names(key):
                raise BadInput(f"{key}={value}: no such {key}; {nearest(value, names(key))}")
            config[key] = OmegaConf.load(conf_dir() / key / f"{value}.yaml")
        else:
            if OmegaConf.select(config, key, default=OmegaConf) is OmegaConf:
                raise BadInput(f"{override}: this run has no key {key}; {nearest(key, keys(config))}")
            OmegaConf.update(config, key, OmegaConf.from_dotlist([f"v={value}"]).v)
    plain = OmegaConf.to_container(config, resolve=True)
    check_targets(plain, allow)
    return OmegaConf.create(plain)  # type: ignore[return-value]


def _moved(value: Any, before: str, now: str) -> Any:
    """The config of a run that was copied elsewhere: paths into its old directory lead into the new one."""
    if isinstance(value, dict):
        return {key: _moved(one, before, now) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, before, now) for one in value]
    inside = isinstance(value, str) and (value == before or value.startswith(before + "/"))
    return now + value[len(before) :] if inside else value


def open_run(path: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> SavedRun:
    """The run at ``path`` (a run directory or a checkpoint in it), ready to embed."""
    run, checkpoint = find_run(path)
    config = saved_config(run, overrides, allow)
    built = build(config)
    weights = check_checkpoint(checkpoint, built.task)
    built.task.load_state_dict(weights["state_dict"])
    return SavedRun(run, config, built.data, built.task.eval())


KINDS = {  # by what a task can do
    "next_token": "no language model; those of experiment=char_rnn or penn_treebank generate text",
    "tag": "no tagger; those of experiment=tagging_pos or tagging_ner tag text",
    "classify": "no classifier of texts; those of experiment=kim_cnn are",
}


def open_task(path: str | Path, allow: Sequence[str] = (), able: str = "next_token") -> SavedTask:
    """The task of the run at ``path``, without its data: what its checkpoint holds is enough.

    Args:
        path: a run directory or a checkpoint in it.
        allow: further packages whose classes its config may name.
        able: the method that is asked for, of :data:`KINDS`.

    Raises:
        BadInput: it is a run of another kind.
    """
    run, checkpoint = find_run(path)
    config = saved_config(run, allow=allow)
    if not hasattr(get_object(config.task._target_), able):
        raise BadInput(f"{run.path}: {KINDS[able]}")
    task = make(config.task)
    weights = check_checkpoint(checkpoint, task)
    task.load_state_dict(weights["state_dict"])
    task.on_load_checkpoint(weights)
    return SavedTask(config, task.eval(), make(config.data.tokenizer) if config.data.tokenizer else None)


def evaluate(path: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> dict[str, Any]:
    """Run the evaluation protocols of a saved run (or those of ``evaluation=NAME``) on its test data."""
    quiet_lightning()
    saved = open_run(path, overrides, allow)
    if protocols := saved.config.get("evaluation"):
        if not hasattr(saved.task, "protocols"):
            raise BadInput("evaluation: a language model is evaluated by the perplexity of its test text only")
        saved.task.protocols["test"] = {k: make(v) for k, v in protocols.items()}
    trainer = make(saved.config.trainer, callbacks=[], logger=False, devices=1, num_nodes=1, strategy="auto")
    trainer.test(saved.task, datamodule=saved.data, verbose=False)
    return saved.task.estimates("test")


def resume(path: str | Path, overrides: Sequence[str] = (), allow: Sequence[str] = ()) -> tuple[DictConfig, RunDir]:
    """Config and directory of a run to go on with from its ``last.ckpt``."""
    run = RunDir(Path(path))
    config = saved_config(run, overrides, allow)
    if not run.last_checkpoint.is_file():
        raise BadInput(f"{run.path}: nothing to resume from (no checkpoints/last.ckpt)")
    return config, run


def evaluation_arrays(run: RunDir, *names: str) -> dict[str, Any]:
    """Arrays of ``evaluation/test.npz``.

    Raises:
        BadInput: the run was not tested, or not by the protocol that gives this array.
    """
    path = run.path / "evaluation" / "test.npz"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except KeyError as error:
        raise BadInput(f"{path}: no {error.args[0]} in it; was the run tested with this protocol?") from None
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{path}: can't be read ({error}); was the run tested?") from None
