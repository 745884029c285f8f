"""A sweep directory: the plan of its jobs in ``manifest.json``, and a run directory for each of them.

The plan is written once, before the first job starts. How far a job has come is said in one place only, its own run
directory; a row of the manifest joins the two.
"""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from embedlab.atomic import write_atomically
from embedlab.errors import BadInput
from embedlab.running.rundir import RunDir

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PlannedJob:
    """One job as planned.

    Attributes:
        number: its place in the sweep, from 0; its run directory is called that.
        key: hash of its composed config.
        overrides: of the task, ``loss=triplet``.
    """

    number: int
    key: str
    overrides: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A job and what has become of it.

    Attributes:
        status: ``planned``, ``running``, ``interrupted`` (its process is gone), ``failed`` or ``done``.
        started, finished: ISO times.
        seconds: of work, over all attempts.
        error: one line.
        metrics: final numbers by name.
    """

    job: PlannedJob
    directory: str
    status: str
    started: str | None = None
    finished: str | None = None
    exit_code: int | None = None
    seconds: float | None = None
    error: str | None = None
    metrics: Mapping[str, float] | None = None


@dataclass(frozen=True)
class SweepDir:
    """The files of one sweep, by name."""

    path: Path

    def run(self, job: PlannedJob) -> RunDir:
        """The job's own directory."""
        return RunDir(self.path / str(job.number))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the sweep for this process; the system lets go of it when the process ends, however it ends.

        Raises:
            BadInput: another process is at work on it.
            OSError: nothing can be written there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(
                    f"{self.path}: another process is at work on this sweep; wait for it or end it"
                ) from None
            yield

    def plan(self, arguments: Sequence[str], jobs: Sequence[PlannedJob], grow: bool = False) -> None:
        """Write the plan, or find the same one written.

        Args:
            arguments: of ``embedlab train``, to go on with the sweep by.
            jobs: all of them.
            grow: of a search, which finds its jobs as it goes: the plan written may be shorter or another.

        Raises:
            BadInput: the directory holds another sweep.
            OSError: it can't be written.
        """
        if self.planned:
            same = grow or [job.key for job in self.jobs()] == [job.key for job in jobs]
        else:  # a plan that was removed; what its runs say must fit
            same = all(sorted(self.run(job).overrides()) in ([], sorted(job.overrides)) for job in jobs)
        if not same:
            raise BadInput(f"{self.path}: holds another sweep; give this one its own folder: hydra.sweep.dir=PATH")
        if grow or not self.planned:
            plan = {
                "cwd": os.getcwd(), "arguments": list(arguments), "grows": grow, "jobs": [asdict(job) for job in jobs],
            }  # fmt: skip
            write_atomically(self.path / MANIFEST, json.dumps(plan, indent=1) + "\n")

    def jobs(self) -> list[PlannedJob]:
        """The jobs as planned.

        Raises:
            BadInput: no plan is there, or it is damaged.
        """
        plan = self._read()
        try:
            return [PlannedJob(int(j["number"]), str(j["key"]), tuple(j["overrides"])) for j in plan["jobs"]]
        except (KeyError, TypeError, ValueError):
            raise self._damaged() from None

    def arguments(self) -> tuple[str, list[str]]:
        """The folder the sweep was started in, and the arguments of its ``embedlab train``."""
        plan = self._read()
        try:
            return str(plan["cwd"]), [str(argument) for argument in plan["arguments"]]
        except (KeyError, TypeError):
            raise self._damaged() from None

    @property
    def planned(self) -> bool:
        """Whether the plan is written."""
        return (self.path / MANIFEST).exists()

    @property
    def grows(self) -> bool:
        """Whether it is a search, which may have more to do than is planned."""
        return self._read().get("grows") is True

    def wait_for_orphans(self, seconds: float = 5) -> None:
        """Let jobs end whose launcher was killed a moment ago; they notice within a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(row.status == "running" for row in self.rows()):
            time.sleep(0.2)

    def pending(self, retry_failed: bool) -> list[PlannedJob]:
        """The jobs that going on with the sweep would run; not those at work already, on a cluster say."""
        settled = {"done", "running"} if retry_failed else {"done", "running", "failed"}
        return [row.job for row in self.rows() if row.status not in settled]

    def rows(self) -> list[Row]:
        """All jobs with what has become of them."""
        return [self.row(job) for job in self.jobs()]

    def row(self, job: PlannedJob) -> Row:
        """One job with what has become of it."""
        run = self.run(job)
        state = run.read_json("status.json")
        status = str(state.get("status", "planned"))
        if status == "running" and not at_work(state):
            status = "interrupted"
        metrics = {name: m["value"] for name, m in run.read_json("metrics.json").items() if _measured(m)}
        return Row(
            job, str(job.number), status, state.get("started"), state.get("finished"), state.get("exit_code"),
            state.get("seconds"), state.get("error"), metrics if status == "done" else None,
        )  # fmt: skip

    def _read(self) -> dict[str, Any]:
        try:
            plan = json.loads((self.path / MANIFEST).read_text())
        except OSError:
            if (self.path / "status.json").exists():
                raise BadInput(
                    f"{self.path}: one run, no sweep; go on with it by embedlab resume {self.path}"
                ) from None
            raise BadInput(f"{self.path}: no sweep is here (no {MANIFEST}); give the folder of a sweep") from None
        except ValueError:
            raise self._damaged() from None
        if not isinstance(plan, dict):
            raise self._damaged()
        return plan

    def _damaged(self) -> BadInput:
        return BadInput(
            f"{self.path / MANIFEST}: damaged; remove it and give the sweep's command again with "
            f"hydra.sweep.dir={self.path}: what is done is kept"
        )


def at_work(state: Mapping[str, Any]) -> bool:
    """Whether a run of this ``status.json`` is being written, as far as this machine can see."""
    here = state.get("host") == socket.gethostname()
    return state.get("status") == "running" and (not here or _alive(state.get("pid")))


def _measured(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("value"), int | float)


def _alive(pid: object) -> bool:
    """Whether a process of that number works on this machine; one that has ended but was not waited for does not."""
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except PermissionError:
        return True
    except OSError:
        return False
