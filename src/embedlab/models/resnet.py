"""A residual network for small images."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from embedlab.models.head import EmbeddingHead


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with batch normalisation, added to the input; a 1×1 convolution fits the input's shape."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """``(B, in_channels, H, W) -> (B, out_channels, H/stride, W/stride)``."""
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """Residual stages, averaged over the image, and a head: ``(B, C, H, W) -> (B, embedding_dim)``.

    The stem is one 3×3 convolution without pooling, as small images call for. Four stages of one block are a
    ResNet-10, of two a ResNet-18.

    Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.

    Args:
        input_shape: ``(C, H, W)``.
        embedding_dim: size of the embedding; None: the last width, without a linear layer.
        widths: channels of each stage; every stage after the first halves the image.
        blocks: of each stage.
        stem_stride: 2 halves the image at once, a quarter of the work: for 64 pixels and more.
        batch_norm: in the head.
        normalize: embeddings of unit length.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        embedding_dim: int | None = 64,
        widths: Sequence[int] = (32, 64, 128, 256),
        blocks: int = 1,
        stem_stride: int = 1,
        batch_norm: bool = False,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        if not widths or min(widths) < 1 or blocks < 1:
            raise ValueError(
                f"model.widths={list(widths)}, model.blocks={blocks}: at least one stage, one block, one channel"
            )
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], widths[0], 3, stem_stride, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        self.stages = nn.Sequential()
        channels = widths[0]
        for stage, width in enumerate(widths):
            strides = [1 if stage == 0 else 2] + [1] * (blocks - 1)
            inputs = [channels] + [width] * (blocks - 1)
            self.stages.append(
                nn.Sequential(*(ResidualBlock(c, width, stride) for c, stride in zip(inputs, strides, strict=True)))
            )
            channels = width
        self.head = EmbeddingHead(channels, embedding_dim, batch_norm, normalize)
        self.embedding_dim = self.head.embedding_dim

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings ``(B, embedding_dim)`` of images ``(B, C, H, W)``."""
        return self.head(self.stages(self.stem(images)).mean((2, 3)))
