"""Miners: from an :class:`~embedlab.batch.EmbeddingBatch` to the pairs or triplets that count."""

from embedlab.miners.adapter import MetricLearningMiner

__all__ = ["MetricLearningMiner"]
