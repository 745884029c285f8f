"""LightningModules, one per way of training."""

from embedlab.tasks.metric_learning import MetricLearning
from embedlab.tasks.word_vectors import WordVectors

__all__ = ["MetricLearning", "WordVectors"]
