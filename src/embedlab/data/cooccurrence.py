"""Which words of a corpus stand near each other, and how often: counted once, and kept on disk beside the corpus."""

import logging
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.data.made_once import made_once
from embedlab.data.npy import NpyAppender
from embedlab.errors import BadInput
from embedlab.kernels.cooccurrence import Cells, cooccurrence

log = logging.getLogger(__name__)

MEMORY = 1 << 29  # bytes
_CELL = np.dtype([("rows", np.int32), ("columns", np.int32), ("values", np.float32)])
_MOST_BUCKETS = 512  # files that are open at once


def cooccurrence_cells(
    directory: Path,
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    window: int,
    by_distance: bool,
    memory: int = MEMORY,
) -> Cells:
    """The cells above zero of a corpus's matrix of co-occurrence counts, in random order, memory-mapped.

    The order is always the same, and every one as likely: while they are counted the cells are dealt at random to files
    that fit into memory, and each of these is then shuffled.

    Args:
        directory: of the corpus.
        ids, offsets: its text.
        window, by_distance: as of :func:`embedlab.kernels.cooccurrence.cooccurrence`.
        memory: bytes to count in, and to shuffle in; in all it takes two or three times as many.

    Returns:
        Rows and columns ``(n,)`` int32, and values float32; both cells of a pair are there.

    Raises:
        BadInput: there are none; no room on the disk.
    """
    name = f"cooccurrence-{window}" + ("-by-distance" if by_distance else "")
    make = partial(_count, ids=ids, offsets=offsets, window=window, by_distance=by_distance, memory=memory)
    made = made_once(directory / name, make)
    rows, columns, values = (np.load(made / f"{field}.npy", mmap_mode="r") for field in _CELL.names or ())
    return rows, columns, values


def _count(
    folder: Path, ids: NDArray[np.int32], offsets: NDArray[np.int64], window: int, by_distance: bool, memory: int
) -> dict[str, Any]:
    log.info("counting which of %s words stand within %d of each other", f"{len(ids):,}", window)
    most = 2 * window * len(ids) * _CELL.itemsize
    buckets = [folder / f"bucket_{n}" for n in range(min(-(-most // memory), _MOST_BUCKETS))]
    draw = np.random.default_rng(0)
    with ExitStack() as opened:
        files = [opened.enter_context(bucket.open("wb")) for bucket in buckets]
        for rows, columns, values in cooccurrence(ids, offsets, window, by_distance, memory, folder):
            dealt = draw.integers(len(files), size=len(rows), dtype=np.int16)
            order = np.argsort(dealt, kind="stable")
            cells = np.empty(len(rows), _CELL)
            cells["rows"], cells["columns"], cells["values"] = rows[order], columns[order], values[order]
            bounds = np.searchsorted(dealt[order], np.arange(len(files) + 1))
            for file, (first, last) in zip(files, pairwise(bounds), strict=True):
                file.write(cells[first:last].data)
    with ExitStack() as opened:
        fields = {
            name: opened.enter_context(NpyAppender(folder / f"{name}.npy", _CELL[name])) for name in _CELL.names or ()
        }
        for path in buckets:
            cells = np.fromfile(path, _CELL)
            path.unlink()
            draw.shuffle(cells)
            for name, out in fields.items():
                out.append(cells[name])
    if not (found := fields["values"].length):
        raise BadInput("no two words of the text stand in one sentence: there are no co-occurrences to count")
    return {"window": window, "by_distance": by_distance, "cells": found}
