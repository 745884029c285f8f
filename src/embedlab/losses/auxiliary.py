"""A loss on a layer inside the model."""

from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch
from embedlab.losses.base import Loss


class AuxiliaryLoss(nn.Module):
    """A weighted loss on the output of an intermediate layer, added to the main loss as a regulariser.

    In a config, as many as there are layers to hold on to::

        task:
          auxiliary:
            - _target_: embedlab.losses.AuxiliaryLoss
              layer: blocks.2
              weight: 0.1
              loss: {_target_: embedlab.losses.TripletLoss, margin: 0.2}

    Args:
        layer: name of a submodule of the model, e.g. ``blocks.2`` (see :class:`embedlab.models.LayerTaps`).
        loss: taken of the layer's outputs, all pairs or triplets of the batch.
        weight: not below zero.
    """

    def __init__(self, layer: str, loss: Loss, weight: float = 1.0) -> None:
        super().__init__()
        if not weight >= 0:
            raise ValueError(f"auxiliary.weight={weight}: the weight of the loss on {layer} is not below zero")
        self.layer, self.loss, self.weight = layer, loss, weight

    @staticmethod
    def pool(activations: Tensor) -> Tensor:
        """Global average over what follows the channels: ``(N, C, H, W)`` to ``(N, C)``; ``(N, C)`` as it is."""
        return activations.flatten(2).mean(2) if activations.ndim > 2 else activations

    def forward(self, activations: Tensor, labels: Tensor) -> Tensor:
        """The weighted loss of activations ``(N, C, …)`` or ``(N, C)`` with labels ``(N,)``."""
        return self.weight * self.loss(EmbeddingBatch(self.pool(activations), labels))
