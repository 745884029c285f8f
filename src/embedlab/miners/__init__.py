"""Miners: from an :class:`~embedlab.batch.EmbeddingBatch` to the pairs or triplets that count."""

from embedlab.miners.adapter import MetricLearningMiner
from embedlab.miners.base import AllMiner, Miner
from embedlab.miners.batch_hard import BatchHard
from embedlab.miners.distance_weighted import DistanceWeighted
from embedlab.miners.easy_positive import EasyPositive
from embedlab.miners.hard_negative import HardNegative
from embedlab.miners.random_triplets import RandomTriplets
from embedlab.miners.semi_hard import SemiHard

__all__ = [
    "AllMiner",
    "BatchHard",
    "DistanceWeighted",
    "EasyPositive",
    "HardNegative",
    "MetricLearningMiner",
    "Miner",
    "RandomTriplets",
    "SemiHard",
]
