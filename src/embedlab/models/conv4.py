"""The four-block ConvNet of the few-shot papers."""

from collections.abc import Sequence

from torch import Tensor, nn

from embedlab.models.head import EmbeddingHead


def conv_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """3×3 convolution, batch normalisation, ReLU, 2×2 max-pooling: half the height and width."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )


class Conv4(nn.Module):
    """Four convolution blocks, flattened: ``(B, C, H, W) -> (B, embedding_dim)``.

    At 28×28 with 64 channels the flattened output has 64 dimensions and is the embedding of the papers.

    Source: Vinyals et al., "Matching Networks for One Shot Learning", NeurIPS 2016, section 4.1; Snell et
    al., "Prototypical Networks for Few-shot Learning", NeurIPS 2017.

    Args:
        input_shape: ``(C, H, W)``, at least 16 pixels a side.
        embedding_dim: size of the embedding. None, or the flattened size itself: no further layer, as in the
            papers; any other: a linear layer follows.
        channels: of each block.
        batch_norm: normalise each dimension of the embedding over the batch. The blocks end in a ReLU, so without it
            embeddings have no negative numbers, and their cosines lie in 0..1: too narrow for losses on angles.
        normalize: embeddings of unit length.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        embedding_dim: int | None = None,
        channels: int = 64,
        batch_norm: bool = False,
        normalize: bool = False,
    ) -> None:
        super().__init__()
        in_channels, height, width = input_shape
        if min(height, width) < 16:
            raise ValueError(f"model.input_shape={list(input_shape)}: conv4 needs images of at least 16×16 pixels")
        self.blocks = nn.Sequential(
            conv_block(in_channels, channels), *(conv_block(channels, channels) for _ in range(3))
        )
        features = channels * (height // 16) * (width // 16)
        layer = None if embedding_dim == features else embedding_dim
        self.head = EmbeddingHead(features, layer, batch_norm=batch_norm, normalize=normalize)
        self.embedding_dim = self.head.embedding_dim

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings ``(B, embedding_dim)`` of images ``(B, C, H, W)``."""
        return self.head(self.blocks(images).flatten(1))
