"""How a sweep looks on the terminal: a table of all its jobs, and the panel that follows it while it runs."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from embedlab.report.metrics import ordered
from embedlab.running.job_progress import JobProgress
from embedlab.running.sweepdir import Row

STYLES = {"done": "green", "failed": "red", "running": "cyan", "interrupted": "yellow", "planned": "dim"}


@dataclass(frozen=True)
class Standing:
    """Where a sweep at work stands.

    Attributes:
        total: jobs that were to do when it began.
        failed: of the ended ones.
        seconds_left: at its pace so far; None while nobody can say.
        best: the best result and whose it is.
    """

    total: int
    ended: int
    failed: int
    seconds_left: float | None
    best: str | None
    at_work: Sequence[JobProgress]

    @property
    def left(self) -> str:
        """``3 left, 1 failed, about 2 min; best so far …``."""
        left = self.total - self.ended
        counts = [f"{left} left"] + [f"{self.failed} failed"] * bool(self.failed)
        if left and self.seconds_left is not None:
            counts.append(f"about {duration(self.seconds_left)}")
        return ", ".join(counts) + (f"; best so far {self.best}" if self.best else "")


def panel(standing: Standing) -> Group:
    """How far the sweep is, its best so far, and a line for each job at work; never wider than the terminal."""
    counts = Text(f"{standing.ended - standing.failed} of {standing.total} done", overflow="ellipsis", no_wrap=True)
    if standing.failed:
        counts.append(f", {standing.failed} failed", style=STYLES["failed"])
    counts.append(f", {len(standing.at_work)} running", style=STYLES["running"])
    if standing.seconds_left is not None:
        counts.append(f", about {duration(standing.seconds_left)} left")
    head = Table.grid(padding=(0, 2))
    head.add_row(ProgressBar(total=standing.total, completed=standing.ended, width=24), counts)
    lines: list[Table | Text] = [Text(), head]
    if standing.best:
        lines.append(Text(f"best so far {standing.best}", style=STYLES["done"], overflow="ellipsis", no_wrap=True))
    jobs = Table.grid(padding=(0, 2))
    for justify in ("right", "left", "left", "left", "right"):
        jobs.add_column(justify=justify, no_wrap=True)
    jobs.add_column(no_wrap=True, overflow="ellipsis")
    for job in standing.at_work:
        epoch = f"epoch {job.epoch}" + (f"/{job.epochs}" if job.epochs else "")
        value = "" if job.value is None else f"{job.monitor} {job.value:.4g}"
        jobs.add_row(
            job.directory.name, ProgressBar(total=1.0, completed=job.fraction, width=12), epoch, value,
            duration(time.monotonic() - job.began), Text(job.called, style="dim"),
        )  # fmt: skip
    return Group(*lines, jobs)


def status_table(rows: Sequence[Row], would_run: Sequence[int] = ()) -> Table:
    """A line for each job.

    Args:
        rows: of the manifest.
        would_run: numbers of the jobs that are to be marked as such.
    """
    counts = Counter(row.status for row in rows)
    title = ", ".join(f"{counts[status]} {status}" for status in STYLES if counts[status])
    table = Table(box=box.SIMPLE_HEAD, title=title)
    for heading in ("job", "status", "time", "result", "overrides"):
        table.add_column(heading, justify="right" if heading in ("job", "time") else "left", overflow="fold")
    for row in rows:
        headline = next((m for m in ordered(set(row.metrics or {})) if m.headline), None)
        result = f"{headline.name} {headline.format((row.metrics or {})[headline.key])}" if headline else ""
        status = row.status + (" → to run" if row.job.number in would_run else "")
        table.add_row(
            str(row.job.number), Text(status, style=STYLES.get(row.status, "")),
            duration(row.seconds) if row.seconds else "", Text(row.error or result),
            Text(" ".join(row.job.overrides)),
        )  # fmt: skip
    return table


def duration(seconds: float) -> str:
    """``41 s`` or ``3 min``."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
