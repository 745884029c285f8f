"""NumPy's ``.npz`` and ``.safetensors``: everything word vectors hold, any word, nothing rounded.

Arrays ``vectors`` and, where there are such, ``counts``, ``outputs``, ``subword_words``, ``subword_ngrams``; words,
n-gram lengths and ``training`` as JSON: in safetensors its metadata, in npz the bytes of the array ``metadata``. Sparse
vectors are ``vectors_data``, ``vectors_indices`` and ``vectors_indptr``, as in SciPy's CSR matrices, and ``dim``.
Words of several senses have ``senses`` and ``sense_counts`` besides, and ``alpha`` and ``min_probability`` in the JSON.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from scipy import sparse

from embedlab.errors import BadInput
from embedlab.vectors.formats.files import opened, replacing
from embedlab.vectors.sense_vectors import SenseVectors
from embedlab.vectors.subword_vectors import SubwordVectors
from embedlab.vectors.word_vectors import Matrix, WordVectors

_Arrays = dict[str, NDArray[Any]]
_CSR = ("data", "indices", "indptr")
_DAMAGED = (SafetensorError, zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError)


def read_npz(path: Path) -> WordVectors:
    """Read npz.

    Raises:
        BadInput: cut short, or other arrays than these.
    """
    try:
        with opened(path) as file, np.load(file) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        return _vectors(found, json.loads(found.pop("metadata").tobytes()))
    except _DAMAGED as error:
        raise _damaged(path, error) from error


def write_npz(vectors: WordVectors, path: Path) -> None:
    """Write npz."""
    arrays, metadata = _arrays(vectors)
    written: dict[str, Any] = {**arrays, "metadata": np.frombuffer(json.dumps(metadata).encode(), np.uint8)}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **written)


def read_safetensors(path: Path) -> WordVectors:
    """Read safetensors.

    Raises:
        BadInput: cut short, or other tensors than these.
    """
    try:
        with opened(path), safe_open(path, framework="np") as file:
            metadata = {name: json.loads(text) for name, text in (file.metadata() or {}).items()}
            return _vectors({name: file.get_tensor(name) for name in file.keys()}, metadata)  # noqa: SIM118
    except _DAMAGED as error:
        raise _damaged(path, error) from error


def write_safetensors(vectors: WordVectors, path: Path) -> None:
    """Write safetensors."""
    arrays, metadata = _arrays(vectors)
    with replacing(path) as temporary:
        try:
            save_file(arrays, temporary, {name: json.dumps(value) for name, value in metadata.items()})
        except SafetensorError as error:
            raise OSError(str(error)) from error


def _arrays(vectors: WordVectors) -> tuple[_Arrays, dict[str, Any]]:
    subwords = vectors.subwords
    arrays: dict[str, Any] = {"counts": vectors.counts, "outputs": vectors.outputs}
    metadata: dict[str, Any] = {"words": vectors.index_to_key, "training": vectors.training}
    if vectors.is_sparse:
        arrays |= {f"vectors_{part}": getattr(vectors.vectors, part) for part in _CSR}
        metadata["dim"] = vectors.vector_size
    else:
        arrays["vectors"] = vectors.vectors
    if subwords:
        arrays |= {"subword_words": subwords.words, "subword_ngrams": subwords.ngrams}
        metadata |= {"minn": subwords.minn, "maxn": subwords.maxn}
    if isinstance(vectors, SenseVectors):
        arrays |= {"senses": vectors.senses, "sense_counts": vectors.sense_counts}
        metadata |= {"alpha": vectors.alpha, "min_probability": vectors.min_probability}
    return {name: np.ascontiguousarray(a) for name, a in arrays.items() if a is not None}, metadata


def _vectors(arrays: _Arrays, metadata: dict[str, Any]) -> WordVectors:
    if "senses" in arrays:
        return SenseVectors(
            metadata["words"], arrays["senses"], arrays["outputs"], arrays["sense_counts"], arrays["counts"],
            metadata["alpha"], metadata["min_probability"], metadata["training"],
        )  # fmt: skip
    subwords = None
    if "subword_ngrams" in arrays:
        subwords = SubwordVectors(arrays["subword_words"], arrays["subword_ngrams"], metadata["minn"], metadata["maxn"])
    return WordVectors(
        metadata["words"],
        _matrix(arrays, metadata),
        arrays.get("counts"),
        subwords,
        arrays.get("outputs"),
        metadata["training"],
    )


def _matrix(arrays: _Arrays, metadata: dict[str, Any]) -> Matrix:
    if "vectors_data" not in arrays:
        return arrays["vectors"]
    parts = tuple(arrays[f"vectors_{part}"] for part in _CSR)
    matrix = sparse.csr_matrix(parts, (len(metadata["words"]), metadata["dim"]))
    matrix.check_format(full_check=True)  # a place beyond the matrix would be read from memory
    return matrix


def _damaged(path: Path, error: Exception) -> BadInput:
    if isinstance(error, BadInput):
        return BadInput(f"{path}: {error}" if str(path) not in str(error) else str(error))
    what = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
    return BadInput(f"{path}: cut short, or not word vectors as embedlab keeps them ({what})")
