"""Native fastText's ``.bin``, version 12, little endian: arguments, dictionary, input rows, output rows.

``training`` of vectors read from it holds what the program was told, in these names: ``architecture`` (``cbow`` or
``skipgram``), ``loss`` (``hs``, ``ns``, ``softmax``), ``window``, ``epochs``, ``min_count``, ``negatives``, ``sample``
(the threshold of subsampling) and ``tokens`` (read in all); written ones have fastText's defaults where it is silent.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.vectors.formats.files import contents, decoded, encoded, replacing
from embedlab.vectors.subword_vectors import SubwordVectors
from embedlab.vectors.word_vectors import WordVectors, first_not_finite

MAGIC = struct.pack("<i", 793712314)
VERSION = 12
DEFAULTS: dict[str, Any] = {
    "architecture": "skipgram", "loss": "ns", "window": 5, "epochs": 5, "min_count": 5, "negatives": 5, "sample": 1e-4,
}  # fmt: skip
_ARCHITECTURES = {1: "cbow", 2: "skipgram", 3: "supervised"}
_LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "one-vs-all"}
_ARGUMENTS = "<12id"
_SIZES = "<3i2q"  # of the dictionary: entries, words, labels, tokens, pruned n-grams (-1: no pruning)
_WORD_NGRAMS, _LR_UPDATE_RATE, _NOT_PRUNED, _IS_WORD = 1, 100, -1, 0


def read(path: Path) -> WordVectors:
    """Read a model of words, with its subwords, counts and output rows.

    Raises:
        BadInput: a supervised or quantised model; a later version; cut short; numbers that aren't finite.
    """
    file = _Reader(path)
    if bytes(file.data[:4]) != MAGIC:
        raise BadInput(f"{path}: not a fastText model: it does not begin as one")
    _, version = file.take("<2i")
    if version > VERSION:
        raise BadInput(f"{path}: a fastText model of version {version}; up to {VERSION} is known")
    dim, window, epochs, min_count, negatives, _, loss, architecture, bucket, minn, maxn, _, sample = file.take(
        _ARGUMENTS
    )
    entries, words, labels, tokens, pruned = file.take(_SIZES)
    if _ARCHITECTURES.get(architecture) == "supervised" or labels:
        raise BadInput(f"{path}: a supervised fastText model, a classifier; word vectors come from skipgram or cbow")
    if architecture not in _ARCHITECTURES or loss not in _LOSSES or words != entries or min(dim, words) < 1:
        raise BadInput(f"{path}: damaged: its header makes no sense")
    if pruned > 0:
        raise BadInput(f"{path}: a quantised fastText model; only full ones are read")
    names, counts = file.entries(words)
    rows = file.matrix("input rows", dim)
    outputs = file.matrix("output rows", dim)
    buckets = bucket if maxn > 0 else 0
    if len(rows) not in (words + buckets, words + bucket) or outputs.shape[0] != words:
        raise BadInput(
            f"{path}: damaged: {words} words and {bucket} buckets, but {len(rows)} input and {len(outputs)} output rows"
        )
    if (broken := first_not_finite(rows)) is not None:
        what = f"the row of {names[broken]!r}" if broken < words else f"n-gram row {broken - words}"
        raise BadInput(f"{path}: {what} holds NaN or infinity")
    subwords = SubwordVectors(rows[:words], rows[words:], minn, maxn) if buckets else None
    training = {
        "architecture": _ARCHITECTURES[architecture], "loss": _LOSSES[loss], "window": window, "epochs": epochs,
        "min_count": min_count, "negatives": negatives, "sample": sample, "tokens": tokens,
    }  # fmt: skip
    vectors = subwords.of_words(names) if subwords else rows[:words]
    return WordVectors(names, vectors, counts, subwords, outputs, training)


def write(vectors: WordVectors, path: Path) -> None:
    """Write a model that fastText and gensim load; without subwords, one that was trained with ``maxn 0``.

    Counts that aren't known are written as 1, output rows as zeros, as before training.
    """
    names = encoded(vectors.index_to_key, path, " \n\t\r\v\f\0")
    count, dim = vectors.vectors.shape
    of, training = vectors.subwords, {**DEFAULTS, **vectors.training}
    bucket, minn, maxn = (len(of.ngrams), of.minn, of.maxn) if of else (0, 0, 0)
    counts = np.ones(count, np.int64) if vectors.counts is None else vectors.counts
    outputs = np.zeros((count, dim), np.float32) if vectors.outputs is None else vectors.outputs
    arguments = (
        dim, training["window"], training["epochs"], training["min_count"], training["negatives"], _WORD_NGRAMS,
        _number(_LOSSES, training["loss"]), _number(_ARCHITECTURES, training["architecture"]), bucket, minn, maxn,
        _LR_UPDATE_RATE, training["sample"],
    )  # fmt: skip
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(MAGIC + struct.pack("<i", VERSION) + struct.pack(_ARGUMENTS, *arguments))
        file.write(struct.pack(_SIZES, count, count, 0, training.get("tokens", int(counts.sum())), _NOT_PRUNED))
        for name, n in zip(names, counts.tolist(), strict=True):
            file.write(name + struct.pack("<xqb", n, _IS_WORD))
        for blocks in ([of.words, of.ngrams] if of else [vectors.vectors], [outputs]):
            file.write(struct.pack("<?2q", False, sum(map(len, blocks)), dim))
            for block in blocks:
                file.write(np.ascontiguousarray(block, "<f4").data)


def _number(names: dict[int, str], name: str) -> int:
    return next(number for number, known in names.items() if known == name)


class _Reader:
    """Takes one thing after the other from a file."""

    def __init__(self, path: Path) -> None:
        self.path, self.data, self.at = path, contents(path), 0

    def take(self, layout: str) -> tuple[Any, ...]:
        """The next values."""
        start, self.at = self.at, self.at + struct.calcsize(layout)
        if self.at > len(self.data):
            raise self.cut("its header")
        return struct.unpack_from(layout, self.data, start)

    def entries(self, number: int) -> tuple[list[str], NDArray[np.int64]]:
        """The dictionary: each word and its count."""
        names: list[str] = []
        counts: list[int] = []
        for _ in range(number):
            end = self.data.find(b"\0", self.at)
            if end < 0 or end + 10 > len(self.data):
                raise self.cut(f"word {len(names) + 1} of {number}")
            names.append(decoded(bytes(self.data[self.at : end])))
            counts.append(struct.unpack_from("<q", self.data, end + 1)[0])
            self.at = end + 10
        return names, np.array(counts, np.int64)

    def matrix(self, name: str, dim: int) -> NDArray[np.float32]:
        """The next matrix, ``dim`` wide."""
        quantised, rows, columns = self.take("<?2q")
        if quantised:
            raise BadInput(f"{self.path}: a quantised fastText model; only full ones are read")
        if columns != dim or rows < 0:
            raise BadInput(f"{self.path}: damaged: {name} of {columns} numbers where vectors have {dim}")
        start, self.at = self.at, self.at + 4 * rows * dim
        if self.at > len(self.data):
            raise self.cut(f"the {name}")
        return np.frombuffer(self.data, "<f4", rows * dim, start).reshape(rows, dim).astype(np.float32)

    def cut(self, place: str) -> BadInput:
        """What to raise when the file ends too early."""
        return BadInput(f"{self.path}: cut short in {place}")
