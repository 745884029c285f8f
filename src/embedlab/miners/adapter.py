"""Miners of pytorch-metric-learning as ours."""

import torch
from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch, Mined, Pairs, Triplets
from embedlab.distances import full_precision


class MetricLearningMiner:
    """Any miner of pytorch-metric-learning: ``miner(embeddings, labels, ref_emb, ref_labels)``.

    Anchors are its embeddings; candidates, where they are others, its ``ref_emb``. It can't know that an anchor is
    among those candidates (a memory of past batches): what it pairs with itself is left out afterwards.

    Args:
        miner: the module, e.g. ``pytorch_metric_learning.miners.MultiSimilarityMiner()``.
    """

    def __init__(self, miner: nn.Module) -> None:
        self.miner = miner

    @torch.no_grad()
    def __call__(self, batch: EmbeddingBatch) -> Mined:
        """Triplets from a miner of triplets, pairs from a miner of pairs."""
        x = full_precision(batch.embeddings)
        if batch.one_tower:
            return _mined(self.miner(x, batch.labels))
        # A tensor of its own for the labels: it takes ref_labels that *are* labels for one tower.
        mined = _mined(self.miner(x, batch.labels, full_precision(batch.candidates), batch.candidate_labels.clone()))
        if batch.offset is None:
            return mined
        keep = mined[1] != mined[0] + batch.offset
        if isinstance(mined, Triplets):
            return Triplets(*(index[keep] for index in mined))
        return Pairs(mined.positive_anchor[keep], mined.positive[keep], mined.negative_anchor, mined.negative)


def _mined(indices: tuple[Tensor, ...]) -> Mined:
    return Triplets(*indices) if len(indices) == 3 else Pairs(*indices)
