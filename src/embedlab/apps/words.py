"""Word vectors of a file or of a trained run: opened for neighbours, analogies, senses; written in other formats."""

from pathlib import Path

from embedlab.errors import BadInput
from embedlab.vectors import FORMATS, SenseVectors, WordVectors, load, save

_EXPORTED = ("safetensors", "npz", "bin", "vec", "txt")  # the fullest first
_PROJECTED = 10_000  # words that TensorBoard's projector shows


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


def export_vectors(source: str | Path, to: str | Path | None = None, format: str | None = None) -> Path:
    """Write vectors in another format, whole or not at all.

    Args:
        source: a vectors file or a run directory.
        to: the file to write, of ``projector`` a folder; None: beside the source, named by the format.
        format: of :data:`embedlab.vectors.FORMATS`, or ``projector``; None: the one that the ending of ``to`` says.

    Returns:
        What was written.

    Raises:
        BadInput: neither of the two is given; no such format, one of networks, or one not for sparse vectors; the
            source would be overwritten; it can't be written (the old file stays).
    """
    formats = ", ".join([*FORMATS, "projector"])
    if format is None and to is None:
        raise BadInput(f"say the format, as --format glove, or the file, as --to vectors.txt; formats are {formats}")
    if format is not None and format not in (*FORMATS, "projector"):
        raise BadInput(f"--format {format}: word vectors are a table, no network; formats are {formats}")
    vectors, file = open_vectors(source), vectors_file(source)
    assert file is not None
    if format == "projector":
        from embedlab.apps.export import export_projector  # torch

        if vectors.is_sparse:
            raise BadInput(
                f"{file}: sparse vectors of {vectors.vector_size} numbers, which no projector shows; "
                "model.dimension=100 makes dense ones"
            )
        folder = file.parent / "projector" if to is None else Path(to)
        return export_projector(vectors.vectors[:_PROJECTED], vectors.index_to_key[:_PROJECTED], None, folder)
    name = Path(file.name.removesuffix(".gz"))
    path = Path(to) if to is not None else file.parent / name.with_suffix(FORMATS[str(format)].suffix)
    if path.exists() and path.samefile(file):
        raise BadInput(f"{path}: is what would be exported; name another file, as --to other{path.suffix}")
    save(vectors, path, format)
    return path


def open_senses(path: str | Path) -> SenseVectors:
    """Likewise vectors of several senses a word.

    Raises:
        BadInput: as of :func:`open_vectors`; or these are one a word.
    """
    vectors = open_vectors(path)
    if not isinstance(vectors, SenseVectors):
        raise BadInput(f"{path}: these vectors are one a word; those of experiment=adagram have senses")
    return vectors
