"""How far a job at work is, as its learning curve tells while it grows."""

import json
import time
from pathlib import Path


class JobProgress:
    """Reads ``history.jsonl`` of a run directory, each line once.

    Args:
        directory: of the run; its history need not be there yet.
        called: what the job is called.
        epochs: how many it trains for; None where nobody knows.
        monitor: the validation number it is judged by.

    Attributes:
        epoch: epochs trained so far.
        value: the latest validation number.
    """

    def __init__(self, directory: Path, called: str, epochs: int | None, monitor: str | None) -> None:
        self.directory, self.called, self.epochs, self.monitor = directory, called, epochs, monitor
        self.began = time.monotonic()
        self.epoch = 0
        self.value: float | None = None
        self._read = 0  # bytes

    @property
    def fraction(self) -> float:
        """The share of its work that is done, 0 to 1: epochs, the test at the end counted as one more."""
        return min(self.epoch / (self.epochs + 1), 1.0) if self.epochs else 0.0

    def update(self) -> None:
        """Read what was written since the last time."""
        try:
            with (self.directory / "history.jsonl").open("rb") as file:
                if file.seek(0, 2) < self._read:  # a run that goes on drops what it will log again
                    self._read = 0
                file.seek(self._read)
                new = file.read()
        except OSError:
            return
        new = new[: new.rfind(b"\n") + 1]
        self._read += len(new)
        for line in new.splitlines():
            try:
                logged = json.loads(line)
                validated = any(name.startswith("val/") for name in logged)  # which ends an epoch
                self.epoch = int(logged["epoch"]) + validated
                self.value = logged.get(self.monitor, self.value)
            except (ValueError, KeyError, TypeError, AttributeError):  # a line that a kill cut short
                continue
