"""A run directory: everything about one run, readable without embedlab.

``config.yaml``, ``overrides.yaml``, ``metrics.json``, ``environment.json``, ``status.json``, ``history.jsonl``,
``checkpoints/``, ``evaluation/``, ``figures/``, ``exports/``, ``report.html``, ``train.log``.
"""

import json
import math
import os
import socket
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from embedlab.atomic import write_atomically
from embedlab.errors import BadInput

if TYPE_CHECKING:
    from embedlab.evaluation.protocol import Estimate


@dataclass(frozen=True)
class RunDir:
    """The files of one run, by name."""

    path: Path

    @property
    def last_checkpoint(self) -> Path:
        """The state to resume from."""
        return self.path / "checkpoints" / "last.ckpt"

    def write_config(self, config: Mapping[str, Any], overrides: Sequence[str]) -> None:
        """The resolved config, and what the user overrode."""
        write_atomically(self.path / "config.yaml", yaml.safe_dump(dict(config), sort_keys=False))
        write_atomically(self.path / "overrides.yaml", yaml.safe_dump(list(overrides)))

    def config(self) -> dict[str, Any]:
        """The resolved config.

        Raises:
            BadInput: this is no run directory, or its config is damaged.
        """
        path = self.path / "config.yaml"
        try:
            config = yaml.safe_load(path.read_text())
        except OSError:
            raise BadInput(
                f"{self.path}: no run is here (no config.yaml); give a run directory or a checkpoint in it"
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}: not a readable config ({_one_line(error)})") from None
        if not isinstance(config, dict):
            raise BadInput(f"{path}: not a readable config (no mapping of keys)")
        return config

    def overrides(self) -> list[str]:
        """What the user overrode when the run was composed."""
        path = self.path / "overrides.yaml"
        return list(yaml.safe_load(path.read_text()) or []) if path.is_file() else []

    def write_json(self, name: str, value: Any) -> None:
        """Write one of the JSON files; never half."""
        write_atomically(self.path / name, json.dumps(value, indent=2) + "\n")

    def read_json(self, name: str) -> dict[str, Any]:
        """Read one of the JSON files; empty when it is not there, or damaged."""
        try:
            value = json.loads((self.path / name).read_text())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def best_logged(self, name: str, direction: str = "maximize") -> float | None:
        """The best value of a number in ``history.jsonl``; None where it was never logged as one."""
        path = self.path / "history.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
        values = [float(line[name]) for line in lines if math.isfinite(line.get(name, math.nan))]
        return (max if direction == "maximize" else min)(values, default=None)

    def started(self) -> None:
        """Note that the run is under way; a resumed run keeps the seconds it already took."""
        before = float(self.read_json("status.json").get("seconds") or 0.0)
        state = {"status": "running", "started": _now(), "pid": os.getpid(), "host": socket.gethostname()}
        self.write_json("status.json", state | {"seconds": before})

    def finished(self, seconds: float, error: BaseException | None = None) -> None:
        """Note how the run ended: ``done``, ``interrupted``, or ``failed`` with the error and its traceback."""
        status = self.read_json("status.json")
        interrupted = isinstance(error, KeyboardInterrupt | SystemExit)
        status |= {
            "status": "done" if error is None else "interrupted" if interrupted else "failed",
            "exit_code": 0 if error is None else 130 if interrupted else 1,
            "finished": _now(),
            "seconds": round(float(status.get("seconds") or 0.0) + seconds, 3),
            "error": None if error is None else _one_line(error),
            "traceback": None if error is None else "".join(traceback.format_exception(error)),
        }
        self.write_json("status.json", status)

    def write_metrics(self, estimates: Mapping[str, "Estimate"]) -> None:
        """Final numbers with their intervals."""
        self.write_json("metrics.json", {name: asdict(value) for name, value in estimates.items()})


def find_run(path: str | Path) -> tuple[RunDir, Path]:
    """The run directory and the checkpoint that ``path`` names: of a directory its best one, else its last.

    Raises:
        BadInput: nothing is there, or the run has no checkpoint yet.
    """
    path = Path(path)
    if path.is_file():
        return RunDir(path.parent.parent if path.parent.name == "checkpoints" else path.parent), path
    if not path.exists():
        raise BadInput(f"{path}: no such run; give a run directory or a checkpoint in it")
    run = RunDir(path)
    run.config()
    for name in ("best.ckpt", "last.ckpt"):
        if (path / "checkpoints" / name).is_file():
            return run, path / "checkpoints" / name
    raise BadInput(f"{path}: this run has no checkpoint yet (checkpoints/best.ckpt or last.ckpt)")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _one_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return " ".join(text.splitlines()[-1].split()) if "Original Traceback" in text else " ".join(text.split())
