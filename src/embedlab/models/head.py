"""From a backbone's features to an embedding."""

from torch import Tensor, nn
from torch.nn import functional as F

from embedlab.distances import full_precision


class EmbeddingHead(nn.Module):
    """``(B, in_features) -> (B, embedding_dim)``: linear layer, batch and L2 normalisation, each an option.

    Args:
        in_features: width of the features.
        embedding_dim: width of the embedding; None: no linear layer, the features are the embedding.
        batch_norm: normalise each dimension over the batch, before the L2 normalisation.
        normalize: divide each embedding by its L2 norm; a zero vector stays zero.
    """

    def __init__(
        self,
        in_features: int,
        embedding_dim: int | None = None,
        batch_norm: bool = False,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        if embedding_dim is not None and embedding_dim < 1:
            raise ValueError(f"model.embedding_dim={embedding_dim}: an embedding has at least one dimension")
        self.embedding_dim = in_features if embedding_dim is None else embedding_dim
        self.linear = nn.Identity() if embedding_dim is None else nn.Linear(in_features, embedding_dim)
        self.batch_norm = nn.BatchNorm1d(self.embedding_dim) if batch_norm else nn.Identity()
        self.normalize = normalize

    def forward(self, features: Tensor) -> Tensor:
        """Embeddings ``(B, embedding_dim)`` of features ``(B, in_features)``."""
        embeddings = self.batch_norm(self.linear(features))
        return F.normalize(full_precision(embeddings)) if self.normalize else embeddings
