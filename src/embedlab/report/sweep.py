"""The runs of one directory, grouped into the variants that they repeat."""

import json
import math
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from embedlab.errors import BadInput
from embedlab.report.runs import Run, is_run, read_run

REPLICATES = ("seed", "data.fold")  # overrides that repeat a variant instead of making another
BOOKKEEPING = ("callbacks.pruning.trial",)  # overrides that differ between jobs without changing what they compute


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

    @cached_property
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
        keys: the override keys that vary between its jobs, the replicates' aside.
    """

    directory: Path
    keys: tuple[str, ...]
    variants: tuple[Variant, ...]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All jobs, variant by variant."""
        return tuple(run for variant in self.variants for run in variant.runs)

    @property
    def single(self) -> bool:
        """Whether this is one run rather than a comparison."""
        return len(self.runs) == 1

    @cached_property
    def name(self) -> str:
        """The name that the first config states; the directory's where none does."""
        return next((run.name for run in self.runs if run.name), self.directory.resolve().name)

    @cached_property
    def states(self) -> Counter[str]:
        """How many jobs are ``done``, ``failed``, ``running`` and so on."""
        return Counter(run.status for run in self.runs)

    @cached_property
    def failed(self) -> tuple[Run, ...]:
        """The failed jobs."""
        return tuple(run for run in self.runs if run.status == "failed")

    def label(self, run: Run) -> str:
        """What a run is called in a list of jobs: ``triplet, seed 1``."""
        variant = self._variants[run]
        return f"{variant.label}, {run.replicate}" if run.replicate else variant.label

    @cached_property
    def repeats(self) -> str:
        """What the runs of a variant differ in: ``folds`` of a cross-validation, else ``seeds``, or both."""
        folds, seeds = (len({value(run) for run in self.runs}) > 1 for value in (lambda r: r.fold, lambda r: r.seed))
        return "seeds and folds" if folds and seeds else "folds" if folds else "seeds"

    def part(self, variants: list[Variant]) -> "Sweep":
        """These of its variants in this order, numbered anew."""
        return replace(self, variants=tuple(replace(v, number=number) for number, v in enumerate(variants)))

    @cached_property
    def _variants(self) -> dict[Run, Variant]:
        return {run: variant for variant in self.variants for run in variant.runs}


def read(directory: str | Path) -> Sweep:
    """Reads a run directory, or a directory of run directories.

    Raises:
        BadInput: there is no run in it.
    """
    directory = Path(directory)
    runs = [read_run(path, overrides) for path, overrides in jobs(directory)]
    keys = _varying(runs)
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(run.overrides.get(key, "default") for key in keys), []).append(run)
    variants = []
    for number, (values, members) in enumerate(groups.items()):
        settings = dict(zip(keys, values, strict=True))
        members.sort(key=lambda run: (natural(run.seed or ""), natural(run.fold or "")))
        variants.append(Variant(_label(settings, members), settings, number, tuple(members)))
    return Sweep(directory, keys, tuple(variants))


def jobs(directory: Path) -> list[tuple[Path, list[str]]]:
    """The run directories of a sweep in the order of their numbers; of a run, itself.

    With the directory go the overrides, where they are known from the sweep's plan only: the job has not begun.

    Raises:
        BadInput: there is none.
    """
    if not directory.is_dir():
        raise BadInput(f"{directory}: no such directory; give a run or a sweep")
    with os.scandir(directory) as entries:
        paths = [Path(entry.path) for entry in entries if entry.is_dir()]
    found: dict[str, list[str]] = {path.name: [] for path in paths if is_run(path)}
    if not found and is_run(directory):
        return [(directory, [])]
    found = _planned(directory / "manifest.json") | found
    if not found:
        raise BadInput(f"{directory}: no run in it; a run directory holds config.yaml, status.json or metrics.json")
    return [(directory / name, found[name]) for name in sorted(found, key=natural)]


def _planned(manifest: Path) -> dict[str, list[str]]:
    """The overrides of each planned job, by the name of its run directory; none without a readable plan."""
    try:
        return {str(job["number"]): list(job["overrides"]) for job in json.loads(manifest.read_text())["jobs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _varying(runs: list[Run]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for run in runs for key in run.overrides if key not in (*REPLICATES, *BOOKKEEPING))
    return tuple(key for key in keys if len({run.overrides.get(key) for run in runs}) > 1)


def _label(settings: Mapping[str, str], members: list[Run]) -> str:
    """Values of whole groups speak for themselves (``triplet``); those of single numbers need their key."""
    if len(settings) == 1:
        return next(iter(settings.values()))
    if settings:
        parts = [f"{key.split('.')[-1]}={value}" if "." in key else value for key, value in settings.items()]
        return ", ".join(parts)
    return members[0].name or members[0].directory.resolve().name


def natural(name: str) -> tuple[float, str]:
    """Sorts ``2`` before ``10``, as Hydra numbers its jobs."""
    digits = re.match(r"\d+", name)
    return (int(digits.group()) if digits else math.inf, name)
