"""Softmax on cosines with a margin at the label: SphereFace, CosFace, ArcFace.

Margins are in radians. The angle to the weights of the label is taken by ``θ = 2 atan2(‖u − w‖, ‖u + w‖)`` of the
unit vectors, not by arccos of a rounded cosine: its gradient is the true one and bounded everywhere (arccos has an
infinite slope at ±1); at θ = 0 and θ = π, where no direction leads towards or away from w, it is zero.
"""

import math

import torch
from torch import Tensor

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.distances import unit_length
from embedlab.losses.softmax import NormalizedSoftmaxLoss


class MarginSoftmaxLoss(NormalizedSoftmaxLoss):
    """The base of the margin family: ``s·with_margin(θ_y)`` takes the place of the label's score ``s cos θ_y``.

    A variant overrides :meth:`with_margin`.
    """

    def with_margin(self, angle: Tensor) -> Tensor:
        """What takes the place of cos θ at the label, for angles ``(A, 1)`` in 0..π."""
        raise NotImplementedError

    def logits(self, x: Tensor, scores: Tensor, labels: Tensor) -> Tensor:
        """The scores, those of the labels made harder by the margin."""
        own, u = unit_length(self.weight.to(x.dtype)[labels]), unit_length(x)
        apart, together = (torch.linalg.vector_norm(v, dim=1, keepdim=True) for v in (u - own, u + own))
        angle = 2 * torch.atan2(apart, together)
        return scores.scatter(1, labels[:, None], self.length(x) * self.with_margin(angle))


class SphereFaceLoss(MarginSoftmaxLoss):
    """Multiplicative angular margin: the label's cos θ becomes ``(λ cos θ + ψ(θ)) / (1 + λ)``.

    ``ψ(θ) = (−1)^k cos(mθ) − 2k`` for θ in [kπ/m, (k+1)π/m] falls from 1 to 1 − 2m without a break. λ eases the
    margin in, as the authors train: after t training steps ``λ = max(λ_end, λ_start / (1 + λ_decay t))``. The count
    of steps is a buffer, so a resumed run goes on where it was; evaluation does not count.

    Source: Liu et al., "SphereFace: Deep Hypersphere Embedding for Face Recognition", CVPR 2017, eq. 7; the course of
    λ as in its training files and Liu et al., "Large-Margin Softmax Loss", ICML 2016, section 5.1.

    Args:
        num_classes: labels are 0..num_classes − 1.
        embedding_dim: size of the embeddings.
        margin: m, a whole number from 1 (no margin).
        scale: s, above zero; None: the embedding's own length, as in the paper.
        lambda_start, lambda_decay, lambda_end: the course of λ; zero for start and end: the margin in full at once.
    """

    step: Tensor

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        margin: int = 4,
        scale: float | None = None,
        lambda_start: float = 1000.0,
        lambda_decay: float = 0.12,
        lambda_end: float = 5.0,
    ) -> None:
        super().__init__(num_classes, embedding_dim, scale)
        if margin < 1 or margin != int(margin):
            raise ValueError(f"loss.margin={margin}: the margin of SphereFace is a whole number from 1 (no margin)")
        if not 0 <= lambda_end <= lambda_start:
            raise ValueError(f"loss.lambda_end={lambda_end}: λ ends between 0 and loss.lambda_start={lambda_start}")
        if lambda_decay < 0:
            raise ValueError(f"loss.lambda_decay={lambda_decay}: λ does not grow; from 0")
        self.margin = int(margin)
        self.lambda_start, self.lambda_decay, self.lambda_end = lambda_start, lambda_decay, lambda_end
        self.register_buffer("step", torch.zeros((), dtype=torch.long))

    def easing(self) -> Tensor:
        """λ at this step."""
        return (self.lambda_start / (1 + self.lambda_decay * self.step)).clamp_min(self.lambda_end)

    def with_margin(self, angle: Tensor) -> Tensor:
        """``(λ cos θ + ψ(θ)) / (1 + λ)``."""
        k = (self.margin * angle.detach() / math.pi).floor().clamp_max(self.margin - 1)
        psi = (1 - 2 * (k % 2)) * torch.cos(self.margin * angle) - 2 * k
        easing = self.easing().to(angle.dtype)
        return (easing * torch.cos(angle) + psi) / (1 + easing)

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over the anchors; in training, one step further on the course of λ."""
        loss = super().forward(batch, mined)
        self.statistics["lambda"] = self.easing()
        if self.training:
            self.step += 1
        return loss


class CosFaceLoss(MarginSoftmaxLoss):
    """Additive cosine margin: the label's cos θ becomes ``cos θ − m``.

    Source: Wang et al., "CosFace: Large Margin Cosine Loss for Deep Face Recognition", CVPR 2018, eq. 4.

    Args:
        num_classes: labels are 0..num_classes − 1.
        embedding_dim: size of the embeddings.
        margin: m, a difference of cosines, 0 to 1.
        scale: s, above zero; None: the embedding's own length.
    """

    def __init__(self, num_classes: int, embedding_dim: int, margin: float = 0.35, scale: float | None = 64.0) -> None:
        super().__init__(num_classes, embedding_dim, scale)
        if not 0 <= margin <= 1:
            raise ValueError(f"loss.margin={margin}: the margin of CosFace is a difference of cosines from 0 to 1")
        self.margin = margin

    def with_margin(self, angle: Tensor) -> Tensor:
        """``cos θ − m``."""
        return torch.cos(angle) - self.margin


class ArcFaceLoss(MarginSoftmaxLoss):
    """Additive angular margin: the label's cos θ becomes ``cos(θ + m)``.

    Where θ + m > π, cos would rise again: there it is ``cos θ − m sin m``, as in the authors' code, which goes on
    falling (with a step down at θ = π − m).

    Source: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019, eq. 3.

    Args:
        num_classes: labels are 0..num_classes − 1.
        embedding_dim: size of the embeddings.
        margin: m, in radians, 0 to π/2.
        scale: s, above zero; None: the embedding's own length.
    """

    def __init__(self, num_classes: int, embedding_dim: int, margin: float = 0.5, scale: float | None = 64.0) -> None:
        super().__init__(num_classes, embedding_dim, scale)
        if not 0 <= margin <= math.pi / 2:
            raise ValueError(
                f"loss.margin={margin}: the margin of ArcFace is in radians, from 0 to π/2 (0.5 is 28.6 degrees)"
            )
        self.margin = margin

    def with_margin(self, angle: Tensor) -> Tensor:
        """``cos(θ + m)``; past π ``cos θ − m sin m``."""
        past = torch.cos(angle) - self.margin * math.sin(self.margin)
        return torch.where(angle + self.margin <= math.pi, torch.cos(angle + self.margin), past)
