"""Checkpoints, read without running anything in them, and held against the model they are for."""

import io
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io import TorchCheckpointIO
from torch.utils.serialization import config

from embedlab.atomic import write_atomically
from embedlab.errors import BadInput


def _without_checksums() -> Any:
    """Torch never reads them, and they took two thirds of the time; a file cut short is known by what it lacks."""
    return config.patch("save.compute_crc32", False)  # type: ignore[attr-defined]  # which torch adds at run time


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside the one it replaces, so that a kill or a full disk leaves the old one whole.

    Training waits for the checkpoint's copy in memory only; a thread writes that to the disk, one checkpoint at a time,
    and what hinders it is raised by the next call, at the end of training at the latest.

    Lightning's own plugin writes to the system's temporary folder first, which is often on another disk: it is then
    copied over the old file, which is gone if that is cut short. Its asynchronous one keeps a copy of every checkpoint
    that waits to be written, however many.
    """

    def __init__(self) -> None:
        self._writing: Future[None] | None = None
        self._copy = io.BytesIO()  # kept from one checkpoint to the next: fresh memory takes longer than the copying

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """As Lightning's plugins save."""
        self._wait()
        self._copy.seek(0)
        with _without_checksums():
            torch.save(checkpoint, self._copy)
        writer = ThreadPoolExecutor(1, "checkpoint")
        self._writing = writer.submit(_write, Path(path), self._copy.getbuffer()[: self._copy.tell()])
        writer.shutdown(wait=False)

    def load_checkpoint(self, *arguments: Any, **rest: Any) -> dict[str, Any]:
        """As Lightning's plugins load."""
        self._wait()
        return super().load_checkpoint(*arguments, **rest)

    def remove_checkpoint(self, path: Any) -> None:
        """As Lightning's plugins remove."""
        self._wait()
        super().remove_checkpoint(path)

    def teardown(self) -> None:
        """See the last checkpoint written, and give back its memory."""
        self._wait()
        self._copy = io.BytesIO()

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()


def _write(path: Path, content: memoryview) -> None:
    with content:  # the next checkpoint can't grow while this one is looked at
        write_atomically(path, content)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's tensors and plain values, never its code.

    Raises:
        BadInput: the file is cut short, is no checkpoint, or holds more than weights.
    """
    warnings.filterwarnings("ignore", message=".*Validating sparse tensor invariants.*")  # which is well
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises pickle, zip, runtime and end-of-file errors alike
        reason = "holds objects other than weights" if "weights_only" in str(error) else "is cut short or no checkpoint"
        raise BadInput(f"{path}: this file {reason}; nothing was loaded") from error
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise BadInput(f"{path}: this file is no embedlab checkpoint (it has no state_dict)")
    return checkpoint


def check_checkpoint(path: Path, task: torch.nn.Module) -> dict[str, Any]:
    """The checkpoint, once it is known to fit the task. What is neither weight nor buffer, as counts, may grow.

    Raises:
        BadInput: a weight is missing, unknown, or of another shape: the checkpoint of another model.
    """
    checkpoint = load_checkpoint(path)
    saved, own = checkpoint["state_dict"], task.state_dict()
    fixed = {*dict(task.named_parameters(remove_duplicate=False)), *dict(task.named_buffers(remove_duplicate=False))}
    for name in [*own, *saved]:
        if name not in saved or name not in own:
            where = "the checkpoint lacks" if name not in saved else "the model lacks"
            raise BadInput(f"{path}: a checkpoint of another model ({where} {name})")
        if name in fixed and saved[name].shape != own[name].shape:
            raise BadInput(
                f"{path}: a checkpoint of another model ({name} is {tuple(saved[name].shape)} there "
                f"and {tuple(own[name].shape)} here)"
            )
    return checkpoint
