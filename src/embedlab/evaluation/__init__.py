"""Evaluation protocols: embeddings and labels in, named numbers with 95 % intervals out.

``Retrieval()(EvaluationSet(embeddings, labels)).metrics()`` is all a notebook needs.
"""

from embedlab.evaluation.clustering import Clustering, ClusteringResult
from embedlab.evaluation.few_shot import FewShot, FewShotResult, FixedEpisodes
from embedlab.evaluation.protocol import (
    Episode,
    Estimate,
    EvaluationSet,
    Protocol,
    Result,
    VerificationPairs,
)
from embedlab.evaluation.retrieval import Retrieval, RetrievalResult
from embedlab.evaluation.verification import Verification, VerificationResult

__all__ = [
    "Clustering",
    "ClusteringResult",
    "Episode",
    "Estimate",
    "EvaluationSet",
    "FewShot",
    "FewShotResult",
    "FixedEpisodes",
    "Protocol",
    "Result",
    "Retrieval",
    "RetrievalResult",
    "Verification",
    "VerificationPairs",
    "VerificationResult",
]
