"""Center loss, joint with softmax."""

import torch
from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch, Mined
from embedlab.distances import full_precision
from embedlab.losses.softmax import SoftmaxLoss


class CenterLoss(SoftmaxLoss):
    """Softmax keeps the classes apart while each embedding is drawn to the center of its class.

    ``L = softmax loss + λ/2 · mean ‖x − c_y‖²``. The paper sums both terms over the batch where we take both means:
    the same λ.

    The centers are parameters with the true gradient ``λ/B Σ_{i: y_i = j} (c_j − x_i)``. A step of SGD with learning
    rate η moves c_j against it; the paper moves c_j by ``−α Σ (c_j − x_i) / (1 + n_j)``, n_j the number of its
    objects in the batch: the same direction, with ``α = η λ (1 + n_j) / B``. Adam does not see the factor. Centers
    start at the origin.

    Source: Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition", ECCV 2016, eq. 5.

    Args:
        num_classes: labels are 0..num_classes − 1.
        embedding_dim: size of the embeddings.
        center_weight: λ, from zero.
    """

    def __init__(self, num_classes: int, embedding_dim: int, center_weight: float = 0.003) -> None:
        super().__init__(num_classes, embedding_dim)
        if not center_weight >= 0:
            raise ValueError(f"loss.center_weight={center_weight}: the weight of the centers is not below zero")
        self.center_weight = center_weight
        self.centers = nn.Parameter(torch.zeros(num_classes, embedding_dim))

    def forward(self, batch: EmbeddingBatch, mined: Mined | None = None) -> Tensor:
        """Scalar loss over the anchors; zero for none."""
        softmax = super().forward(batch, mined)
        x = full_precision(batch.embeddings)
        squared = (x - self.centers.to(x.dtype)[batch.labels]).square().sum(1)
        distance = squared.sum() / max(len(batch), 1)
        self.statistics["center_distance"] = distance.detach()  # squared
        return softmax + self.center_weight / 2 * distance
