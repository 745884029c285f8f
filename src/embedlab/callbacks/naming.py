"""What a run is called on every dashboard."""

import uuid
from dataclasses import dataclass
from pathlib import Path

import yaml
from pytorch_lightning.utilities.rank_zero import rank_zero_only


@dataclass(frozen=True)
class Naming:
    """Names of one run, made of its directory.

    Attributes:
        id: drawn once and kept in ``dashboard_id`` of the run directory: a resumed run is the same run; empty but on
            rank zero.
        name: of its overrides, after its number where it is a job of a sweep.
        tags: its overrides.
        sweep: directory of the sweep it is a job of; None for a single run.
    """

    id: str
    name: str
    tags: tuple[str, ...]
    sweep: Path | None


def naming(directory: str) -> Naming:
    """The names of the run of a directory."""
    path = Path(directory)
    overrides = path / "overrides.yaml"
    tags = tuple(map(str, yaml.safe_load(overrides.read_text()) or [])) if overrides.is_file() else ()
    sweep = path.parent if (path.parent / "manifest.json").is_file() else None
    own = " ".join(tags)[:120]
    parts = [path.name, own] if sweep else [own or path.name]
    return Naming(_id(path), ": ".join(filter(None, parts)), tags, sweep)


def _id(directory: Path) -> str:
    path = directory / "dashboard_id"
    if rank_zero_only.rank:  # type: ignore[attr-defined]  # the run is rank zero's, and so is the file
        return ""
    if not path.is_file():
        directory.mkdir(parents=True, exist_ok=True)
        path.write_text(uuid.uuid4().hex[:12])
    return path.read_text().strip()
