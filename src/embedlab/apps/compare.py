"""Using an embedder on images: are two of one class, and which known images are nearest to one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embedlab.distances import get_distance


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
    """Compare two inputs ``(C, H, W)`` by the distance of their unit-length embeddings.

    Args:
        model: the embedder, in evaluation mode.
        first, second: the inputs.
        threshold: that of the run's verification protocol.
        distance: that of the run's verification protocol.
    """
    embeddings = nn.functional.normalize(model(torch.stack([first, second])).float())
    return Verdict(float(get_distance(distance)(embeddings[:1], embeddings[1:])), threshold)


@torch.no_grad()
def nearest(
    model: nn.Module, query: Tensor, gallery: NDArray[np.float32], names: Sequence[str], k: int
) -> list[tuple[int, str, float]]:
    """The k gallery rows nearest to one input ``(C, H, W)``: row, name, Euclidean distance of unit-length embeddings."""
    embedding = nn.functional.normalize(model(query[None]).float())
    distances = get_distance("euclidean")(embedding, nn.functional.normalize(torch.from_numpy(gallery)))[0]
    found = distances.topk(min(k, len(gallery)), largest=False)
    return [(row, names[row], value) for value, row in zip(found.values.tolist(), found.indices.tolist(), strict=True)]
