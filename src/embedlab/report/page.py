"""The self-contained HTML page of a sweep or a run."""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from embedlab.report.figures import colour
from embedlab.report.gallery import gallery, how_drawn
from embedlab.report.layout import columns, error_line, format_seconds, legend, verdict
from embedlab.report.metrics import Metric, coverages, ordered
from embedlab.report.mistakes import mistakes
from embedlab.report.pictures import Pictures
from embedlab.report.runs import Measured, Run
from embedlab.report.sweep import Sweep
from embedlab.report.table import BEST, Table
from embedlab.report.tags import MEASURES, tag_tables
from embedlab.report.words import word_tables

MOST_ROWS, MOST_JOBS, MOST_FAILURES = 50, 1000, 10  # what a page shows of a large sweep; the rest is in the files


def render(sweep: Sweep, table: Table, pictures: Pictures, drawn: int) -> str:
    """The page as one string: styles, pictures and a few lines of script inside, nothing fetched.

    Args:
        table: of all variants of the sweep, in its order, with all test metrics.
        drawn: how many of them the pictures show.
    """
    environment = Environment(
        loader=PackageLoader("embedlab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        colour=colour, columns=columns, error_line=error_line, format_seconds=format_seconds, data_uri=data_uri
    )
    first, shown = sweep.runs[0], sweep.part(list(sweep.variants[:drawn]))
    return environment.get_template("report.html.j2").render(
        sweep=sweep,
        pictures=pictures,
        table=table.main,
        full=table if len(table.metrics) > len(table.main.metrics) else None,
        drawn=drawn,
        most_rows=MOST_ROWS,
        jobs=sweep.runs[:MOST_JOBS],
        legend=legend(table.main),
        verdict=verdict(table),
        facts=facts(sweep),
        finding="" if sweep.single else finding(table.main),
        estimates=tiles(first) if sweep.single else [],
        words=word_tables(shown),
        tags=tag_tables(shown),
        measures=MEASURES,
        mistakes=mistakes(shown),
        gallery=gallery(shown),
        how_drawn=how_drawn(shown),
        failed=sweep.failed[:MOST_FAILURES],
        config=yaml.safe_dump(dict(first.config), sort_keys=False, allow_unicode=True) if first.config else "",
        environment=list(flatten(first.environment)),
    )


def tiles(run: Run) -> list[tuple[Metric, Measured, Measured | None]]:
    """Each number of a run and, where one is known, the share of its test that it was measured on."""
    of = coverages(run.metrics)
    shown = ordered(set(run.metrics) - set(of.values()))
    return [(metric, run.metrics[metric.key], run.metrics.get(of.get(metric.key, ""))) for metric in shown]


def facts(sweep: Sweep) -> list[str]:
    """The summary line: jobs, time, commit, hardware."""
    runs = sweep.runs
    stated = [runs[0].status]
    if not sweep.single:
        rest = [f"{count:,} {state}" for state, count in sorted(sweep.states.items()) if state != "done"]
        stated = [f"{sweep.states['done']:,} of {len(runs):,} jobs done", *rest]
    seeds = {run.seed for run in runs if run.seed is not None}
    if seeds:
        stated.append(f"{len(seeds)} seeds" if len(seeds) > 1 else f"seed {seeds.pop()}")
    seconds = [run.seconds for run in runs if run.seconds is not None]
    if seconds:
        stated.append(format_seconds(sum(seconds)))
    commits = sorted({_short(str(c)) for run in runs if (c := run.environment.get("git_commit"))})
    stated += [f"commit {', '.join(commits)}"] if commits else []
    hardware = next((run.environment["hardware"] for run in runs if run.environment.get("hardware")), None)
    return [*stated, *_hardware(hardware)]


def finding(table: Table) -> str:
    """What the table says, in one sentence that claims no more than it shows."""
    if len(table.rows) < 2 or not table.metrics:
        return ""
    ahead = {
        row.label: [m.name for m in table.metrics if m.key in row.cells and row.cells[m.key].mark == BEST]
        for row in table.rows
    }
    clear = [f"{label} is ahead by more than chance on {_listed(names)}" for label, names in ahead.items() if names]
    if clear:
        open_ones = len(table.metrics) - sum(map(len, ahead.values()))
        rest = ["elsewhere no lead is larger than chance"] if open_ones else []
        return "; ".join([*clear, *rest]) + "."
    tops: dict[str, int] = {}
    for metric in table.metrics:
        sign = 1 if metric.higher_is_better else -1
        held = [(sign * row.cells[metric.key].mean, row.label) for row in table.rows if metric.key in row.cells]
        if held:
            tops[max(held)[1]] = tops.get(max(held)[1], 0) + 1
    if not tops:
        return ""
    label, count = max(tops.items(), key=lambda item: item[1])
    return (
        f"{label} has the best mean on {count} of {len(table.metrics)} metrics, "
        "but these seeds cannot tell its lead from chance."
    )


def data_uri(picture: bytes) -> str:
    """A webp as an address that holds the picture itself."""
    return "data:image/webp;base64," + base64.b64encode(picture).decode()


def flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as dotted names and text."""
    flat: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat += flatten(value, f"{prefix}{key}.")
        else:
            flat.append((f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)))
    return flat


def _short(commit: str) -> str:
    """``0123456789+changes``: the mark of a changed tree stays."""
    digits, plus, mark = commit.partition("+")
    return digits[:10] + plus + mark


def _hardware(hardware: object) -> list[str]:
    if not isinstance(hardware, Mapping):
        return []
    processor, cores = hardware.get("processor"), hardware.get("cores")
    stated = [f"{cores} cores, {processor}" if cores else str(processor)] if processor else []
    return [*stated, *(f"{n} × {gpu}" for gpu, n in Counter(hardware.get("gpus") or []).items())]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def write(sweep: Sweep, table: Table, pictures: Pictures, drawn: int) -> Path:
    """Writes ``report.html`` into the directory."""
    path = sweep.directory / "report.html"
    path.write_text(render(sweep, table, pictures, drawn), encoding="utf-8")
    return path
