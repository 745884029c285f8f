"""Losses of pytorch-metric-learning as ours."""

import torch
from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch, Mined, Pairs
from embedlab.distances import full_precision
from embedlab.losses.base import Loss


class MetricLearningLoss(Loss):
    """Any loss of pytorch-metric-learning: ``loss(embeddings, labels, indices_tuple, ref_emb, ref_labels)``.

    Anchors are its embeddings; candidates, where they are others, its ``ref_emb``. What our miners chose is its
    ``indices_tuple``. Arithmetic is in float32 under autocast too. Its own margins may be in degrees.

    Args:
        loss: the module, e.g. ``pytorch_metric_learning.losses.MultiSimilarityLoss()``.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """The peer's loss of the batch; over ``mined`` only, where that is given; zero for an empty batch."""
        x = full_precision(batch.embeddings)
        if not len(batch):
            return x.sum()
        with torch.autocast(x.device.type, enabled=False):
            if batch.one_tower:
                return self.loss(x, batch.labels, mined)
            if mined is None and batch.offset is not None:  # it can't know that an anchor is among the candidates
                mined = Pairs(*batch.positives.nonzero(as_tuple=True), *batch.negatives.nonzero(as_tuple=True))
            # A tensor of its own for the labels: it takes ref_labels that *are* labels for one tower.
            labels = batch.candidate_labels.clone()
            return self.loss(x, batch.labels, mined, full_precision(batch.candidates), labels)
