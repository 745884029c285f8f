"""What a sweep says on the terminal: a line when a job starts and one when it ends; and a table of all of them."""

import time
from collections import Counter
from collections.abc import Sequence

from omegaconf import DictConfig
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from embedlab.report.metrics import ordered
from embedlab.running.rundir import RunDir
from embedlab.running.sweepdir import Row

STYLES = {"done": "green", "failed": "red", "running": "cyan", "interrupted": "yellow", "planned": "dim"}


class SweepProgress:
    """Lines on how far a sweep is.

    Args:
        total: jobs still to do.
        common: overrides of the sweep; a job is called by those of its own that are not among them.
    """

    def __init__(self, total: int, common: Sequence[str]) -> None:
        self.total, self.common = total, {override.lower() for override in common}
        self.ends: list[float] = []
        self.failed = self.begun = 0
        self.best: tuple[float, str] | None = None
        self.began = time.monotonic()
        self.console = Console(highlight=False, soft_wrap=True)

    def started(self, run: RunDir, config: DictConfig) -> None:
        """A job begins."""
        self.begun += 1
        self.console.print(f"[bold]\\[{self.begun}/{self.total}][/bold] {run.path.name}: {self._called(config)}")

    def ended(self, run: RunDir, config: DictConfig) -> None:
        """A job has ended, well or not."""
        self.ends.append(time.monotonic())
        status = run.read_json("status.json")
        what = f"done in {status.get('seconds') or 0:.0f} s"
        if status.get("status") != "done":
            self.failed += 1
            what = f"[red]failed[/red]: {str(status.get('error') or 'it left no word')[:200]}"
        else:
            what += self._result(run, self._called(config))
        left = self.total - len(self.ends)
        counts = f"{left} left" + (f", {self.failed} failed" if self.failed else "")
        if left:
            each = (self.ends[-1] - self.began) / len(self.ends)
            counts += f", about {_duration(each * left)}"
        if self.best:
            counts += f"; best so far {self.best[1]}"
        self.console.print(f"    {run.path.name} {what}  [dim]({counts})[/dim]")

    def _called(self, config: DictConfig) -> str:
        own = [one for one in config.hydra.overrides.task if one.lower() not in self.common]
        return " ".join(one for one in own if not one.startswith("+callbacks.pruning.")) or str(config.name)

    def _result(self, run: RunDir, called: str) -> str:
        metrics = run.read_json("metrics.json")
        headline = next((m for m in ordered(set(metrics)) if m.headline), None)
        if headline is None:
            return ""
        value = float(metrics[headline.key]["value"])
        shown = f"{headline.name} {headline.format(value)}"
        signed = value if headline.higher_is_better else -value
        if self.best is None or signed > self.best[0]:
            self.best = signed, f"{shown} ({called})"
        return f", {shown}"


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
            _duration(row.seconds) if row.seconds else "", row.error or result, Text(" ".join(row.job.overrides)),
        )  # fmt: skip
    return table


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
