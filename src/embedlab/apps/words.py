"""Using word vectors: neighbours, analogies, similarity; of a file or of a trained run."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from embedlab.errors import BadInput
from embedlab.vectors import WordVectors, load

if TYPE_CHECKING:  # a look at a word's neighbours starts without scikit-learn and torch
    from embedlab.evaluation.protocol import Estimate

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


def evaluate(path: str | Path, sets: list[str]) -> "dict[str, Estimate]":
    """Every metric of the vectors of a file.

    Args:
        path: of the vectors.
        sets: names of :data:`embedlab.data.word_sets.FILES` or the user's own files; none: all whose files are there.
    """
    from embedlab.data.word_sets import available, read_word_set
    from embedlab.evaluation.words import evaluate_words

    root = os.environ.get("EMBEDLAB_DATA", "data")
    names = sets or available(root)
    if not names:
        raise BadInput(
            f"no sets of words in {root}: set EMBEDLAB_DATA to the folder of the sets, or name a file of pairs"
        )
    return evaluate_words(load(Path(path)), {Path(name).stem: read_word_set(name, root) for name in names})
