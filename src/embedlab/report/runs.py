"""One run directory, read as far as it is asked for; whatever is missing or half written is simply absent."""

import json
import math
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

_NUMBER = (int, float)  # ten times faster to ask for than a union made on the spot, which counts for a large sweep
# The resolved config is the one large file of a run, and parsing YAML the slowest step of reading a sweep: it is parsed
# whole only for the runs that a page shows, and by libyaml where PyYAML was built with it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Measured:
    """A number of ``metrics.json`` and, where it states one, its 95 % interval over test samples."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class Run:
    """One run directory.

    Attributes:
        overrides: what its job set, by key: ``{"loss": "triplet", "seed": "1"}``.
        seed: as written in its overrides, its environment or its config.
        fold: of a cross-validation, where its data has folds.
        status: ``planned``, ``running``, ``interrupted``, ``done``, ``failed``, or ``unknown`` without a status file.
        seconds: how long it took; None while it is running.
        metrics: test numbers by full name, ``test/recall_at_1``.
    """

    directory: Path
    overrides: Mapping[str, str]
    seed: str | None
    fold: str | None
    status: str
    seconds: float | None
    error: str | None
    traceback: str | None
    environment: Mapping[str, Any]
    metrics: Mapping[str, Measured]

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The resolved config; empty when there is none."""
        return _mapping(_yaml(_text(self.directory, "config.yaml")))

    @cached_property
    def name(self) -> str | None:
        """The experiment's name, as its config states it."""
        name = _at(_text(self.directory, "config.yaml"), "name")
        return str(name) if name else None

    @property
    def replicate(self) -> str:
        """What sets it apart from the other runs of its variant: ``seed 1``, ``seed 1, fold 3``."""
        return ", ".join(f"{word} {value}" for word, value in (("seed", self.seed), ("fold", self.fold)) if value)

    @property
    def distance(self) -> str:
        """The distance its retrieval ranks by; squared Euclidean where the config states none."""
        retrieval = _mapping(_mapping(self.config.get("evaluation")).get("retrieval"))
        return str(retrieval.get("distance", "squared_euclidean"))

    @cached_property
    def history(self) -> tuple[Mapping[str, float], ...]:
        """The logged lines in order, each with its ``step``."""
        return tuple(_history(_text(self.directory, "history.jsonl")))

    @cached_property
    def evaluation(self) -> dict[str, NDArray[Any]]:
        """The arrays of ``evaluation/test.npz`` by name; empty when there are none."""
        try:
            with np.load(self.directory / "evaluation" / "test.npz", allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return {}

    @cached_property
    def sampling(self) -> Mapping[str, Any]:
        """How the texts of ``samples.json`` were drawn, and those texts; empty when there are none."""
        return _mapping(_json(self.directory, "samples.json"))

    @property
    def samples(self) -> list[Mapping[str, Any]]:
        """What a language model wrote: each with its ``prompt``, and ``text`` or why it was ``refused``."""
        found = self.sampling.get("samples")
        return [one for one in found if isinstance(one, dict) and "prompt" in one] if isinstance(found, list) else []

    def has(self, *names: str) -> bool:
        """Whether the evaluation holds all these arrays, none of them empty."""
        return all(name in self.evaluation and self.evaluation[name].size for name in names)

    def curve(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps and values of one logged number, finite ones only."""
        points = [(line["step"], line[name]) for line in self.history if name in line and "step" in line]
        points = [(step, value) for step, value in points if math.isfinite(value)]
        steps, values = zip(*points, strict=True) if points else ((), ())
        return np.array(steps, dtype=np.float64), np.array(values, dtype=np.float64)


def read_run(directory: Path, planned: Sequence[str] = ()) -> Run:
    """Reads one run directory, whatever state it is in; ``planned`` are the overrides of one that has not begun."""
    overrides = _pairs(planned) or _overrides(_text(directory, "overrides.yaml"))
    environment = _mapping(_json(directory, "environment.json"))
    status = _mapping(_json(directory, "status.json"))
    state, seconds = str(status.get("status", "planned" if planned else "unknown")), status.get("seconds")
    seed, fold = overrides.get("seed", environment.get("seed")), overrides.get("data.fold")
    if seed is None or fold is None:
        config = _text(directory, "config.yaml")
        seed = _at(config, "seed") if seed is None else seed
        fold = _at(config, "data", "fold") if fold is None else fold
    return Run(
        directory=directory,
        overrides=overrides,
        seed=None if seed is None else str(seed),
        fold=None if fold is None else str(fold),
        status=state,
        seconds=float(seconds) if isinstance(seconds, int | float) and state != "running" else None,
        error=status.get("error"),
        traceback=status.get("traceback"),
        environment=environment,
        metrics=_metrics(_mapping(_json(directory, "metrics.json"))),
    )


def is_run(directory: Path) -> bool:
    """Whether the directory holds any of the files that make it a run's."""
    return any((directory / name).is_file() for name in ("status.json", "config.yaml", "metrics.json"))


def _overrides(text: str) -> dict[str, str]:
    # Nearly all are lists of plain words, which are read as they stand: no YAML number, date or switch has an "=".
    plain = re.fullmatch(r"(?:- \w[\w./+-]*=[\w./+-]*\n)*", text)
    lines = [line[2:] for line in text.splitlines()] if plain else _yaml(text)
    return _pairs(lines if isinstance(lines, list) else [])


def _pairs(lines: Sequence[object]) -> dict[str, str]:
    pairs = [str(line).lstrip("+").partition("=") for line in lines]
    return {key: value for key, equals, value in pairs if equals}


def _metrics(entries: Mapping[str, Any]) -> dict[str, Measured]:
    read = {}
    for name, entry in entries.items():
        entry = entry if isinstance(entry, dict) else {"value": entry}
        if isinstance(entry.get("value"), _NUMBER) and math.isfinite(entry["value"]):
            read[name] = Measured(float(entry["value"]), entry.get("low"), entry.get("high"))
    return read


def _history(text: str) -> list[dict[str, float]]:
    lines = []
    for line in text.splitlines():
        try:
            lines.append({k: v for k, v in json.loads(line).items() if isinstance(v, int | float)})
        except (ValueError, AttributeError):  # the line a kill cut short
            continue
    return lines


def _text(directory: Path, name: str) -> str:
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def _json(directory: Path, name: str) -> Any:
    try:
        return json.loads(_text(directory, name))
    except ValueError:
        return None


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_LOADER)
    except (ValueError, yaml.YAMLError):
        return None


def _at(text: str, key: str, *inner: str, indent: str = "") -> Any:
    """One value of nested YAML mappings, as little as possible of it parsed; None where it is not there."""
    block = re.search(rf"^{indent}{key}:.*(?:\n(?:{indent}[ #-].*)?)*", text, re.MULTILINE)
    if block is None or not all(name in block.group() for name in inner):
        return None
    deeper = f"{indent}  "
    if inner and re.search(rf"^{deeper}{inner[0]}:", block.group(), re.MULTILINE):
        return _at(block.group(), *inner, indent=deeper)
    value = _mapping(_yaml(block.group())).get(key)
    for name in inner:
        value = _mapping(value).get(name)
    return value


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
