"""Weighted sum of losses."""

from typing import cast

import torch
from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.losses.base import Loss


class WeightedSum(Loss):
    """``L = Σ weight_i · L_i`` over named losses of the same batch and the same mined pairs or triplets.

    ``statistics`` are those of each loss under its name, and its own value before weighting: ``triplet/loss``,
    ``triplet/active_fraction``.

    Args:
        losses: by name.
        weights: by the same names; not below zero.
    """

    def __init__(self, losses: dict[str, Loss], weights: dict[str, float]) -> None:
        super().__init__()
        if losses.keys() != weights.keys() or not losses:
            raise ValueError(
                f"loss.weights={dict(weights)}: one weight for each of loss.losses: {', '.join(losses) or 'none given'}"
            )
        for name, weight in weights.items():
            if not weight >= 0:
                raise ValueError(f"loss.weights.{name}={weight}: a weight is not below zero")
        self.losses, self.weights = nn.ModuleDict(losses), dict(weights)

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """The weighted sum; a miner's choice goes to every loss (those without pairs leave it aside)."""
        self.statistics, terms = {}, []
        for name, loss in self.losses.items():
            value = loss(batch, mined)
            terms.append(self.weights[name] * value)
            self.statistics[f"{name}/loss"] = value.detach()
            self.statistics |= {f"{name}/{key}": number for key, number in cast(Loss, loss).statistics.items()}
        return torch.stack(terms).sum()
