"""Distances between rows of two matrices: always *smaller is closer*, always ``(A, D), (C, D) -> (A, C)``.

Each is a plain function; :data:`DISTANCES` maps the names used in configs to them. Half-precision input is
computed in float32 even under autocast: squared norms of float16 vectors overflow at a norm of 256.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Distance = Callable[[Tensor, Tensor], Tensor]


def full_precision(x: Tensor) -> Tensor:
    """``x`` in float32 if it is float16 or bfloat16, else as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _product(x: Tensor, y: Tensor) -> Tensor:
    with torch.autocast(x.device.type, enabled=False):
        return full_precision(x) @ full_precision(y).T


def unit_length(x: Tensor) -> Tensor:
    """Rows divided by their Euclidean norm; a zero row stays zero and gets no gradient (``F.normalize``: 1e12)."""
    x = full_precision(x)
    norm = x.norm(dim=1, keepdim=True)
    return x / torch.where(norm == 0, torch.inf, norm)


def dot(x: Tensor, y: Tensor) -> Tensor:
    """Negative inner product ``−⟨x, y⟩``."""
    return -_product(x, y)


def cosine(x: Tensor, y: Tensor) -> Tensor:
    """Cosine distance ``1 − cos(x, y)`` in [0, 2]; a zero vector is at distance 1 from everything."""
    return 1 - _product(unit_length(x), unit_length(y))


def squared_euclidean(x: Tensor, y: Tensor) -> Tensor:
    """Squared Euclidean distance ``‖x − y‖²``, never below zero."""
    x, y = full_precision(x), full_precision(y)
    squares = x.square().sum(1)[:, None] + y.square().sum(1)[None, :]
    return (squares - 2 * _product(x, y)).clamp_min(0)


def euclidean(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean distance ``‖x − y‖``; its gradient at coinciding points is zero, not infinite."""
    squared = squared_euclidean(x, y)
    apart = squared != 0  # true of NaN too, which must not be lost
    return torch.where(apart, squared, 1).sqrt() * apart


DISTANCES: dict[str, Distance] = {
    "squared_euclidean": squared_euclidean,
    "euclidean": euclidean,
    "cosine": cosine,
    "dot": dot,
}


def get_distance(distance: str | Distance) -> Distance:
    """The distance of that name, or the function itself.

    Raises:
        ValueError: no distance has that name.
    """
    if callable(distance):
        return distance
    if distance not in DISTANCES:
        raise ValueError(f"distance={distance}: no such distance; there are {', '.join(DISTANCES)}")
    return DISTANCES[distance]
