"""What there is to choose from, group by group; and the nearest name to a wrong one."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import embedlab
from embedlab.errors import BadInput

if TYPE_CHECKING:  # choosing from the configs needs no config library: `embedlab list` starts in a blink
    from omegaconf import DictConfig


def conf_dir() -> Path:
    """The folder of the shipped configs: inside the installed package, or at the top of a checkout."""
    package = Path(embedlab.__file__).parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parents[1] / "conf"


def names(group: str) -> list[str]:
    """Choices of a config group, sorted; of ``groups``, the groups themselves."""
    if group == "groups":
        return sorted(path.name for path in conf_dir().iterdir() if path.is_dir() and path.name != "hydra")
    return sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))


def gloss(group: str, name: str) -> str:
    """The first comment line of a config: what it is and how to run it."""
    lines = (conf_dir() / group / f"{name}.yaml").read_text().splitlines()
    comments = [line.lstrip("# ").strip() for line in lines if line.startswith("# ") and "@package" not in line]
    return comments[0] if comments else ""


def nearest(wrong: str, known: Iterable[str]) -> str:
    """``did you mean …?``, or all there is when nothing is near."""
    known = list(known)
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def keys(config: "DictConfig", prefix: str = "") -> list[str]:
    """All dotted keys of a config."""
    from omegaconf import DictConfig, OmegaConf

    found = []
    for key in config:
        name = f"{prefix}{key!s}"
        found.append(name)
        if not OmegaConf.is_missing(config, key) and isinstance(config._get_node(key), DictConfig):
            found += keys(config[key], f"{name}.")
    return found


def group_of(word: str) -> str:
    """The config group a reader means by ``losses``, ``loss``, ``experiments``, ``smoothings`` (of models), …

    Raises:
        BadInput: no group is called that.
    """
    groups = {group: group for group in names("groups")}
    groups |= {path.name: f"{group}/{path.name}" for group in groups for path in (conf_dir() / group).glob("*/")}
    for name, group in groups.items():
        if word in (group, name, name + "s", name + "es"):
            return group
    raise BadInput(f"{word}: nothing of that kind; {nearest(word, groups)}")
