"""Losses: from an :class:`~embedlab.batch.EmbeddingBatch`, and what a miner chose, to a scalar.

Those of word vectors are in :mod:`embedlab.losses.words`; they bring compiled kernels, which the others start without.
"""

from embedlab.losses.adapter import MetricLearningLoss
from embedlab.losses.auxiliary import AuxiliaryLoss
from embedlab.losses.base import Loss
from embedlab.losses.center import CenterLoss
from embedlab.losses.contrastive import ContrastiveLoss
from embedlab.losses.margin_softmax import ArcFaceLoss, CosFaceLoss, MarginSoftmaxLoss, SphereFaceLoss
from embedlab.losses.multi_similarity import MultiSimilarityLoss
from embedlab.losses.n_pairs import NPairsLoss
from embedlab.losses.pairwise_ranking import PairwiseHingeLoss, PairwiseLogisticLoss
from embedlab.losses.prototypical import PrototypicalLoss
from embedlab.losses.softmax import ClassifierLoss, NormalizedSoftmaxLoss, SoftmaxLoss
from embedlab.losses.triplet import TripletLoss
from embedlab.losses.weighted_sum import WeightedSum

__all__ = [
    "ArcFaceLoss",
    "AuxiliaryLoss",
    "CenterLoss",
    "ClassifierLoss",
    "ContrastiveLoss",
    "CosFaceLoss",
    "Loss",
    "MarginSoftmaxLoss",
    "MetricLearningLoss",
    "MultiSimilarityLoss",
    "NPairsLoss",
    "NormalizedSoftmaxLoss",
    "PairwiseHingeLoss",
    "PairwiseLogisticLoss",
    "PrototypicalLoss",
    "SoftmaxLoss",
    "SphereFaceLoss",
    "TripletLoss",
    "WeightedSum",
]
