"""Losses: from an :class:`~embedlab.batch.EmbeddingBatch`, and what a miner chose, to a scalar."""

from embedlab.losses.base import Loss
from embedlab.losses.contrastive import ContrastiveLoss

__all__ = ["ContrastiveLoss", "Loss"]
