"""Runs that had not memory or disk enough: known as such, with the batch to try or the way on."""

import signal
from typing import Any

from omegaconf import DictConfig, OmegaConf

from embedlab.errors import BadInput
from embedlab.running.disk import refused

SAYS_SO = ("out of memory", "can't allocate memory", "cannot allocate memory")


class KilledError(RuntimeError):
    """A process that ended without a word; the system ends so whatever takes too much memory."""

    def __init__(self, exit_code: int | None, config: DictConfig, which: str = "the process of this job") -> None:
        by = signal.Signals(-exit_code).name if exit_code and exit_code < 0 else f"exit code {exit_code}"
        advice = f": out of memory, most likely; {smaller_batch(config)}" if exit_code == -signal.SIGKILL else ""
        super().__init__(f"{which} was ended ({by}){advice}")


def explained(error: BaseException, config: DictConfig) -> BaseException:
    """The error itself, or if memory ran out or the disk refused, one that names the mend."""
    if isinstance(error, KilledError):  # says so itself
        return error
    said = " ".join(str(error).split())
    if line := refused(error):
        explanation = BadInput(line)
    elif isinstance(error, MemoryError) or any(words in said.lower() for words in SAYS_SO):
        explanation = BadInput(f"out of memory; {smaller_batch(config)} ({said[:120]})")
    else:
        return error
    explanation.__cause__ = error
    return explanation


def smaller_batch(config: DictConfig) -> str:
    """``try sampler.batch_size=64``: half of the batch, in the words of the config's sampler."""
    sampler: dict[str, Any] = OmegaConf.to_container(config.sampler) if config.get("sampler") else {}  # type: ignore[assignment]
    for key in ("classes_per_batch", "batch_size"):
        size = sampler.get(key)
        if isinstance(size, int) and size >= 4:
            return f"try sampler.{key}={size // 2}"
    return "try a smaller batch"
