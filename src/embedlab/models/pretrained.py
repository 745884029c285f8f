"""Vectors of words that a model starts from."""

import logging
from collections.abc import Sequence

import torch
from torch import Tensor

from embedlab.errors import BadInput
from embedlab.vectors.formats import load
from embedlab.vectors.word_vectors import WordVectors

log = logging.getLogger(__name__)


def known_vectors(path: str, embedding_dim: int, words: Sequence[str]) -> tuple[list[int], Tensor]:
    """Which rows of a model's words a file has vectors of, n of them, and these ``(n, embedding_dim)``, on the CPU.

    With subwords a file has one of any word. Arguments and errors are those of :func:`load_vectors`.
    """
    given = load_vectors(path, embedding_dim, words)
    rows = [row for row, word in enumerate(words) if word in given]
    log.info("%s: vectors of %d of the text's %d words", path, len(rows), len(words))
    return rows, torch.from_numpy(given[[words[row] for row in rows]])


def load_vectors(path: str, embedding_dim: int, words: Sequence[str]) -> WordVectors:
    """The vectors of a file, of any format of :mod:`embedlab.vectors.formats`, once they are known to fit a model.

    Args:
        path: as ``model.vectors`` names it.
        embedding_dim: numbers in a vector of the model.
        words: of the model's vocabulary.

    Raises:
        BadInput: vectors of another size, or sparse; none of the words is among them; what reading the file raises.
    """
    given = load(path)
    if given.vector_size != embedding_dim:
        raise BadInput(
            f"model.vectors={path}: vectors of {given.vector_size} numbers, and the model's are of "
            f"{embedding_dim}; take model.embedding_dim={given.vector_size}"
        )
    if given.is_sparse:
        raise BadInput(f"model.vectors={path}: sparse vectors, of counts; training goes on from dense ones")
    if not any(word in given.key_to_index for word in words):
        raise BadInput(f"model.vectors={path}: none of its words is in the text, as {given.index_to_key[0]!r}")
    return given
