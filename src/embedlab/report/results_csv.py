"""The jobs of a sweep as ``results.csv``."""

import csv
from collections.abc import Mapping
from pathlib import Path

from embedlab.report.runs import Run
from embedlab.report.sweep import Sweep

# Columns of the environment, and where each lies in environment.json.
_ENVIRONMENT = {
    "commit": ("git_commit",),
    "processor": ("hardware", "processor"),
    "cores": ("hardware", "cores"),
    "threads": ("hardware", "torch_threads"),
    "peak_memory_bytes": ("peak_memory_bytes",),
    "peak_gpu_memory_bytes": ("peak_gpu_memory_bytes",),
}


def write_csv(sweep: Sweep, path: Path) -> None:
    """One line per job in whatever state: where it lies, its settings, how it went, its metrics and intervals."""
    metrics = sorted({name for run in sweep.runs for name in run.metrics})
    columns = [f"{name}{end}" for name in metrics for end in ("", "_low", "_high")]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["job", *sweep.keys, "seed", "fold", "status", "seconds", *_ENVIRONMENT, *columns, "error"])
        for variant in sweep.variants:
            for run in variant.runs:
                writer.writerow([_job(sweep, run), *variant.settings.values(), *_outcome(run, metrics)])


def _job(sweep: Sweep, run: Run) -> str:
    return "." if run.directory == sweep.directory else run.directory.name


def _outcome(run: Run, metrics: list[str]) -> list[object]:
    estimates = [run.metrics.get(name) for name in metrics]
    values = [number for e in estimates for number in ((e.value, e.low, e.high) if e else ("", "", ""))]
    environment = [_at(run.environment, place) for place in _ENVIRONMENT.values()]
    return [run.seed, run.fold, run.status, run.seconds, *environment, *values, run.error]


def _at(mapping: object, place: tuple[str, ...]) -> object:
    for key in place:
        mapping = mapping.get(key) if isinstance(mapping, Mapping) else None
    return mapping
