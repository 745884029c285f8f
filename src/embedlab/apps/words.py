"""Using word vectors: neighbours, analogies, similarity; of a file or of a trained run."""

from pathlib import Path

from embedlab.errors import BadInput
from embedlab.vectors import WordVectors, load

_EXPORTED = ("safetensors", "npz", "bin", "vec", "txt")  # the fullest first


def vectors_file(path: str | Path) -> Path | None:
    """The vectors file meant by a file or by a run directory whose ``exports/`` holds ``vectors.bin`` or the like."""
    path = Path(path)
    if path.is_file():
        return None if path.suffix == ".ckpt" else path
    return next((file for end in _EXPORTED if (file := path / "exports" / f"vectors.{end}").is_file()), None)


def open_vectors(path: str | Path) -> WordVectors:
    """The vectors of a file or a run directory.

    Raises:
        BadInput: there are none, or the file is damaged.
    """
    file = vectors_file(path)
    if file is None:
        why = "a run without exported vectors" if Path(path).is_dir() else "no such file"
        raise BadInput(f"{path}: {why}; give a vectors file, or a run directory with exports/vectors.{_EXPORTED[0]}")
    return load(file)
