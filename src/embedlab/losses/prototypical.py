"""Prototypical loss."""

import torch
from torch import Tensor
from torch.nn import functional as F

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.distances import full_precision, squared_euclidean
from embedlab.losses.base import Loss


class PrototypicalLoss(Loss):
    """Classifies queries by their distance to the mean of each class's support.

    Every batch is an episode: the first ``shots`` objects of each class, in the order of the batch, are its support
    and all others are queries. ``L = mean over queries of −log softmax(−‖q − p‖²)_y`` with p_j the mean of the support
    of class j. A batch of N classes with K + Q objects each (M-per-class sampling) is an N-way K-shot episode with Q
    queries a class. ``statistics["accuracy"]`` is the share of queries nearest to their own prototype. What a miner
    chose plays no part.

    Source: Snell, Swersky, Zemel, "Prototypical Networks for Few-shot Learning", NeurIPS 2017, eq. 1 and 2.

    Args:
        shots: K, from 1.
    """

    unit_length = False

    def __init__(self, shots: int = 1) -> None:
        super().__init__()
        if shots < 1:
            raise ValueError(f"loss.shots={shots}: each class has at least one shot to make its prototype of")
        self.shots = shots

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over the queries; zero for none."""
        x = full_precision(batch.embeddings)
        classes, own = batch.labels.unique(return_inverse=True)
        members = own[:, None] == torch.arange(len(classes), device=own.device)  # (A, classes)
        position = members.cumsum(0).gather(1, own[:, None])  # 1 for the first of its class
        support = (members & (position <= self.shots)).to(x.dtype)
        with torch.autocast(x.device.type, enabled=False):
            prototypes = support.T @ x / support.sum(0)[:, None]
        query = position[:, 0] > self.shots
        scores, targets = -squared_euclidean(x[query], prototypes), own[query]
        count = max(len(targets), 1)
        nearest = scores.detach().argmax(1) if len(targets) else targets
        self.statistics = {"accuracy": (nearest == targets).sum() / count}
        return F.cross_entropy(scores, targets, reduction="sum") / count
