"""Using an embedder on images: are two of one class, and which known images are nearest to one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embedlab.distances import get_distance
from embedlab.search import ExactIndex


@dataclass(frozen=True)
class Verdict:
    """Whether two inputs are of one class: their distance, and the threshold it was held against."""

    distance: float
    threshold: float

    @property
    def same(self) -> bool:
        """True when the distance is not above the threshold."""
        return self.distance <= self.threshold


@torch.no_grad()
def verify(model: nn.Module, first: Tensor, second: Tensor, threshold: float, distance: str) -> Verdict:
    """Compare two inputs ``(C, H, W)``.

    Args:
        model: the embedder, in evaluation mode.
        first, second: the inputs.
        threshold, distance: those of the run's verification protocol.
    """
    embeddings = model(torch.stack([first, second])).float()
    return Verdict(float(get_distance(distance)(embeddings[:1], embeddings[1:])), threshold)


@torch.no_grad()
def nearest(
    model: nn.Module, query: Tensor, gallery: NDArray[np.float32], names: Sequence[str], k: int, distance: str
) -> list[tuple[int, str, float]]:
    """The k gallery embeddings ``(N, D)`` nearest to one input ``(C, H, W)``: row, name and distance of each."""
    found = ExactIndex(gallery, distance).search(model(query[None]).float(), k)
    return [(int(row), names[row], float(d)) for row, d in zip(found.rows[0], found.distances[0], strict=True)]
