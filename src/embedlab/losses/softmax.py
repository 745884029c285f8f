"""Softmax losses: a classifier on the embeddings, on their inner products or on their cosines."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.distances import full_precision, unit_length
from embedlab.losses.base import Loss


class ClassifierLoss(Loss):
    """Mean cross entropy of a classifier with one weight vector per class: the base of the softmax family.

    It classifies the anchors; what a miner chose plays no part. All arithmetic is in float32 (float64 for float64
    embeddings), under autocast too. ``statistics["accuracy"]`` is the share of anchors whose own class has the
    highest score, margins left out.

    Args:
        num_classes: labels are 0..num_classes − 1.
        embedding_dim: size of the embeddings.
    """

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        if num_classes < 1:
            raise ValueError(f"loss.num_classes={num_classes}: a classifier has at least one class")
        if embedding_dim < 1:
            raise ValueError(f"loss.embedding_dim={embedding_dim}: an embedding has at least one dimension")
        bound = embedding_dim**-0.5
        self.num_classes = num_classes
        self.weight = nn.Parameter(torch.empty(num_classes, embedding_dim).uniform_(-bound, bound))

    def scores(self, x: Tensor) -> Tensor:
        """Of embeddings ``(A, D)`` for every class, ``(A, num_classes)``."""
        raise NotImplementedError

    def logits(self, x: Tensor, scores: Tensor, labels: Tensor) -> Tensor:
        """What the cross entropy is taken of ``(A, num_classes)``: the scores; a margin changes those of the labels."""
        return scores

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over the anchors; zero for none.

        Raises:
            ValueError: a label is outside 0..num_classes − 1 (checked on the CPU; elsewhere the cross entropy's own
                assertion stops the run, without a synchronisation every step).
        """
        self._check(batch.labels)
        x = full_precision(batch.embeddings)
        with torch.autocast(x.device.type, enabled=False):
            scores = self.scores(x)
            logits = self.logits(x, scores, batch.labels)
            count = max(len(batch), 1)
            correct = batch.labels == scores.detach().argmax(1)
            self.statistics = {"accuracy": correct.sum() / count}
            return F.cross_entropy(logits, batch.labels, reduction="sum") / count

    def _check(self, labels: Tensor) -> None:
        if labels.device.type == "cpu" and len(labels):
            low, high = labels.min().item(), labels.max().item()
            if low < 0 or high >= self.num_classes:
                raise ValueError(
                    f"loss.num_classes={self.num_classes}: labels are 0..{self.num_classes - 1}, "
                    f"the batch has {low}..{high}"
                )


class SoftmaxLoss(ClassifierLoss):
    """Softmax on the embeddings: ``L = mean −log softmax(W x + b)_y``.

    Embeddings of unit length leave it little room; take the model's without normalisation.

    Args:
        num_classes: labels are 0..num_classes − 1.
        embedding_dim: size of the embeddings.
    """

    unit_length = False

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__(num_classes, embedding_dim)
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def scores(self, x: Tensor) -> Tensor:
        """``W x + b``."""
        return F.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class NormalizedSoftmaxLoss(ClassifierLoss):
    """Softmax on cosines: ``L = mean −log softmax(s cos θ)_y``, θ_j the angle between x and the weights of class j.

    Source: Wang et al., "NormFace: L2 Hypersphere Embedding for Face Verification", ACM MM 2017; Zhai, Wu,
    "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019.

    Args:
        num_classes: labels are 0..num_classes − 1.
        embedding_dim: size of the embeddings.
        scale: s, the inverse of a temperature, above zero. None: the embedding's own length ‖x‖, only the weights
            are normalised ("modified softmax" of the SphereFace paper).
    """

    def __init__(self, num_classes: int, embedding_dim: int, scale: float | None = 20.0) -> None:
        super().__init__(num_classes, embedding_dim)
        if scale is not None and not scale > 0:
            raise ValueError(f"loss.scale={scale}: the scale is above zero, or null for the embedding's own length")
        self.scale = scale
        # Only directions count, and short vectors turn faster at the same learning rate.
        nn.init.normal_(self.weight, std=0.01)

    def length(self, x: Tensor) -> Tensor | float:
        """What multiplies the cosines: s, or ‖x‖ ``(A, 1)``."""
        return torch.linalg.vector_norm(x, dim=1, keepdim=True) if self.scale is None else self.scale

    def scores(self, x: Tensor) -> Tensor:
        """``s cos θ``."""
        return self.length(x) * F.linear(unit_length(x), unit_length(self.weight.to(x.dtype)))
