"""A run directory, or a sweep of them, read into memory; whatever is missing or half written is simply absent."""

import json
import math
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from embedlab.evaluation.protocol import Estimate

REPLICATES = ("seed", "data.fold")  # overrides that repeat a variant instead of making another


@dataclass(frozen=True, eq=False)
class Run:
    """One run directory.

    Attributes:
        overrides: what its job set, by key: ``{"loss": "triplet", "seed": "1"}``.
        status: ``running``, ``done``, ``failed``, or ``unknown`` without a status file.
        metrics: test numbers by full name, ``test/recall_at_1``.
        history: the logged lines in order, each with its ``step``.
    """

    directory: Path
    config: Mapping[str, Any]
    overrides: Mapping[str, str]
    status: str
    seconds: float | None
    error: str | None
    traceback: str | None
    environment: Mapping[str, Any]
    metrics: Mapping[str, Estimate]
    history: tuple[Mapping[str, float], ...]

    @property
    def seed(self) -> str | None:
        """The replicate it is, as written in its overrides or its config."""
        seed = self.overrides.get("seed", self.config.get("seed"))
        return None if seed is None else str(seed)

    @property
    def fold(self) -> str | None:
        """The fold of a cross-validation it is, where its data has folds."""
        fold = _mapping(self.config.get("data")).get("fold", self.overrides.get("data.fold"))
        return None if fold is None else str(fold)

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
    def evaluation(self) -> dict[str, NDArray[Any]]:
        """The arrays of ``evaluation/test.npz`` by name; empty when there are none."""
        try:
            with np.load(self.directory / "evaluation" / "test.npz", allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return {}

    def has(self, *names: str) -> bool:
        """Whether the evaluation holds all these arrays, none of them empty."""
        return all(name in self.evaluation and self.evaluation[name].size for name in names)

    def curve(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps and values of one logged number, finite ones only."""
        points = [(line["step"], line[name]) for line in self.history if name in line and "step" in line]
        points = [(step, value) for step, value in points if math.isfinite(value)]
        steps, values = zip(*points, strict=True) if points else ((), ())
        return np.array(steps, dtype=np.float64), np.array(values, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Variant:
    """The jobs that differ in their seed or fold only.

    Attributes:
        label: what sets it apart: ``triplet``, or ``triplet, margin=0.2`` where several keys vary.
        settings: the varying keys and their values.
        number: its place in the sweep, from 0; it keeps the same colour in every figure.
    """

    label: str
    settings: Mapping[str, str]
    number: int
    runs: tuple[Run, ...]

    @property
    def done(self) -> tuple[Run, ...]:
        """Its finished runs."""
        return tuple(run for run in self.runs if run.status == "done")

    def showcase(self, *arrays: str) -> Run | None:
        """The run its pictures are taken from: the first finished one whose evaluation holds these arrays."""
        return next((run for run in self.done if run.has(*arrays)), None)


@dataclass(frozen=True, eq=False)
class Sweep:
    """The runs of one directory. A single run is a sweep of one job.

    Attributes:
        keys: the override keys that vary between its jobs, the seed aside.
    """

    directory: Path
    keys: tuple[str, ...]
    variants: tuple[Variant, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """All jobs, variant by variant."""
        return tuple(run for variant in self.variants for run in variant.runs)

    @property
    def single(self) -> bool:
        """Whether this is one run rather than a comparison."""
        return len(self.runs) == 1

    @property
    def name(self) -> str:
        """The experiment's name; the directory's where no config states one."""
        names = [str(run.config["name"]) for run in self.runs if run.config.get("name")]
        return Counter(names).most_common(1)[0][0] if names else self.directory.resolve().name

    def label(self, run: Run) -> str:
        """What a run is called in a list of jobs: ``triplet, seed 1``."""
        variant = next(v for v in self.variants if run in v.runs)
        return f"{variant.label}, {run.replicate}" if run.replicate else variant.label

    @property
    def repeats(self) -> str:
        """What the runs of a variant differ in: ``folds`` of a cross-validation, else ``seeds``."""
        return "folds" if len({run.fold for run in self.runs}) > 1 else "seeds"


def read(directory: str | Path) -> Sweep:
    """Reads a run directory, or a directory of run directories.

    Raises:
        FileNotFoundError: there is no run in it.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise FileNotFoundError(f"{directory}: no such directory; a report is made of a run or a sweep directory")
    found = [path for path in sorted(directory.iterdir(), key=_natural) if path.is_dir() and _is_run(path)]
    if not found and _is_run(directory):
        found = [directory]
    if not found:
        raise FileNotFoundError(
            f"{directory}: no run in it; a run directory holds config.yaml, status.json or metrics.json"
        )
    runs = [read_run(path) for path in found]
    keys = _varying(runs)
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(run.overrides.get(key, "default") for key in keys), []).append(run)
    variants = []
    for number, (values, members) in enumerate(groups.items()):
        settings = dict(zip(keys, values, strict=True))
        members.sort(key=lambda run: (_natural(run.seed or ""), _natural(run.fold or "")))
        variants.append(Variant(_label(settings, members), settings, number, tuple(members)))
    return Sweep(directory, keys, tuple(variants))


def read_run(directory: Path) -> Run:
    """Reads one run directory, whatever state it is in."""
    status = _mapping(_json(directory / "status.json"))
    config = _mapping(_yaml(directory / "config.yaml"))
    seconds = status.get("seconds")
    return Run(
        directory=directory,
        config=config,
        overrides=_overrides(_yaml(directory / "overrides.yaml")),
        status=str(status.get("status", "unknown")),
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        error=status.get("error"),
        traceback=status.get("traceback"),
        environment=_mapping(_json(directory / "environment.json")),
        metrics=_metrics(_mapping(_json(directory / "metrics.json"))),
        history=tuple(_history(directory / "history.jsonl")),
    )


def _is_run(directory: Path) -> bool:
    return any((directory / name).is_file() for name in ("status.json", "config.yaml", "metrics.json"))


def _varying(runs: list[Run]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for run in runs for key in run.overrides if key not in REPLICATES)
    return tuple(key for key in keys if len({run.overrides.get(key) for run in runs}) > 1)


def _label(settings: Mapping[str, str], members: list[Run]) -> str:
    """Values of whole groups speak for themselves (``triplet``); those of single numbers need their key."""
    if len(settings) == 1:
        return next(iter(settings.values()))
    if settings:
        parts = [f"{key.split('.')[-1]}={value}" if "." in key else value for key, value in settings.items()]
        return ", ".join(parts)
    return str(members[0].config.get("name") or members[0].directory.resolve().name)


def _overrides(lines: object) -> dict[str, str]:
    pairs = [str(line).lstrip("+").partition("=") for line in lines] if isinstance(lines, list) else []
    return {key: value for key, equals, value in pairs if equals}


def _metrics(entries: Mapping[str, Any]) -> dict[str, Estimate]:
    read = {}
    for name, entry in entries.items():
        entry = entry if isinstance(entry, dict) else {"value": entry}
        if isinstance(entry.get("value"), int | float) and math.isfinite(entry["value"]):
            read[name] = Estimate(float(entry["value"]), entry.get("low"), entry.get("high"))
    return read


def _history(path: Path) -> list[dict[str, float]]:
    lines = []
    for text in path.read_text().splitlines() if path.is_file() else []:
        try:
            lines.append({k: v for k, v in json.loads(text).items() if isinstance(v, int | float)})
        except (ValueError, AttributeError):  # the line a kill cut short
            continue
    return lines


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _natural(path: str | Path) -> tuple[float, str]:
    """Sorts ``2`` before ``10``, as Hydra numbers its jobs."""
    name = path.name if isinstance(path, Path) else path
    digits = re.match(r"\d+", name)
    return (int(digits.group()) if digits else math.inf, name)
