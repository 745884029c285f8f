"""LightningModules, one per way of training."""

from embedlab.tasks.metric_learning import MetricLearning

__all__ = ["MetricLearning"]
