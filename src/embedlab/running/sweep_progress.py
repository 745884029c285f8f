"""What a sweep says while it runs: a panel on a terminal; elsewhere a line when a job starts and one when it ends."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from omegaconf import DictConfig, OmegaConf
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from embedlab.report.metrics import ordered
from embedlab.running.job_progress import JobProgress
from embedlab.running.rundir import RunDir
from embedlab.running.sweep_tables import STYLES, Standing, duration, panel

EVERY = 0.5  # seconds between two looks at the jobs of a panel


class SweepProgress:
    """How far a sweep is.

    Args:
        total: jobs still to do.
        common: overrides of the sweep; a job is called by those of its own that are not among them.
        objective: the validation number that a search is for, and ``maximize`` or ``minimize``; without, the best job
            is that of the first headline metric of the test.
        console: where to say it.
    """

    def __init__(
        self,
        total: int,
        common: Sequence[str],
        objective: tuple[str, str] | None = None,
        console: Console | None = None,
    ) -> None:
        self.total, self.common, self.objective = total, {override.lower() for override in common}, objective
        self.console = console or Console(highlight=False)
        self.live = self.console.is_terminal and not self.console.is_dumb_terminal
        self.at_work: dict[str, JobProgress] = {}
        self.ended_jobs = self.failed = 0
        self.best: tuple[float, str] | None = None
        self.began = time.monotonic()
        self._panel: Live | None = None

    @property
    def every(self) -> float | None:
        """Seconds after which :meth:`refresh` is wanted again; None: only when a job starts or ends."""
        return EVERY if self.live else None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """On a terminal, keep the panel below the lines meanwhile."""
        if not self.live:
            yield
            return
        with Live(console=self.console, auto_refresh=False, transient=True, get_renderable=self._render) as self._panel:
            self.refresh()
            yield
        self._panel = None

    def earlier(self, run: RunDir, overrides: Sequence[str]) -> None:
        """A job was done before this began: it may be the best so far."""
        self._result(run, self._called(overrides) or run.path.name)

    def started(self, run: RunDir, config: DictConfig) -> None:
        """A job begins."""
        monitor = self.objective[0] if self.objective else OmegaConf.select(config, "callbacks.best.monitor")
        epochs = config.trainer.get("max_epochs")
        called = self._called(config.hydra.overrides.task) or str(config.name)
        job = JobProgress(run.path, called, epochs if epochs and epochs > 0 else None, monitor)
        self.at_work[run.path.name] = job
        if not self.live:
            begun = f"[{self.ended_jobs + len(self.at_work)}/{self.total}]"
            self._say(Text.assemble((begun, "bold"), f" {run.path.name}: {job.called}"))
        self.refresh()

    def ended(self, run: RunDir) -> None:
        """A job has ended, well or not."""
        job = self.at_work.pop(run.path.name)
        self.ended_jobs += 1
        status = run.read_json("status.json")
        line = Text(f"    {run.path.name} ")
        if status.get("status") == "done":
            line.append(f"done in {duration(status.get('seconds') or 0)}{self._result(run, job.called)}")
        else:
            self.failed += 1
            line.append("failed", style=STYLES["failed"])
            line.append(f": {str(status.get('error') or 'it left no word')[:200]}")
        self._say(line.append(f"  ({job.called if self.live else self._standing().left})", style="dim"))
        self.refresh()

    def refresh(self) -> None:
        """Bring the panel up to date."""
        if self._panel is not None:
            self._panel.refresh()

    def _say(self, line: Text) -> None:
        self.console.print(line, soft_wrap=True)

    def _render(self) -> Group:
        return panel(self._standing())

    def _standing(self) -> Standing:
        for job in self.at_work.values():
            job.update()
        done = self.ended_jobs + sum(job.fraction for job in self.at_work.values())
        left = (time.monotonic() - self.began) / done * (self.total - done) if done else None
        best = self.best[1] if self.best else None
        return Standing(self.total, self.ended_jobs, self.failed, left, best, list(self.at_work.values()))

    def _called(self, overrides: Sequence[str]) -> str:
        own = [one for one in overrides if one.lower() not in self.common]
        return " ".join(one for one in own if not one.startswith("+callbacks.pruning."))

    def _result(self, run: RunDir, called: str) -> str:
        """What came out, as text; kept if it is the best so far."""
        if self.objective:
            name, direction = self.objective
            value = run.best_logged(name, direction)
            shown, higher = f"{name} {value:.4g}" if value is not None else "", direction == "maximize"
        else:
            metrics = run.read_json("metrics.json")
            headline = next((m for m in ordered(set(metrics)) if m.headline), None)
            value = float(metrics[headline.key]["value"]) if headline else None
            shown = f"{headline.name} {headline.format(value)}" if headline and value is not None else ""
            higher = headline is None or headline.higher_is_better
        if value is None:
            return ""
        signed = value if higher else -value
        if self.best is None or signed > self.best[0]:
            self.best = signed, f"{shown} ({called})"
        return f", {shown}"
