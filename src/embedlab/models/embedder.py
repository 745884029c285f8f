"""A backbone and a head."""

from torch import Tensor, nn

from embedlab.models.backbone import Backbone
from embedlab.models.head import EmbeddingHead


class Embedder(nn.Module):
    """Features of a backbone through an embedding head: ``(B, C, H, W) -> (B, embedding_dim)``.

    Args:
        backbone: images to features.
        embedding_dim: size of the embedding; None: the features themselves, without a linear layer.
        batch_norm: in the head.
        normalize: embeddings of unit length.
    """

    def __init__(
        self,
        backbone: Backbone,
        embedding_dim: int | None = 64,
        batch_norm: bool = False,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = EmbeddingHead(backbone.embedding_dim, embedding_dim, batch_norm, normalize)
        self.embedding_dim = self.head.embedding_dim

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings ``(B, embedding_dim)`` of images ``(B, C, H, W)``."""
        return self.head(self.backbone(images))
