"""Plain ``nn.Module`` s from an input to an embedding; each states its ``embedding_dim``."""

from embedlab.models.conv4 import Conv4
from embedlab.models.head import EmbeddingHead
from embedlab.models.taps import LayerTaps

__all__ = ["Conv4", "EmbeddingHead", "LayerTaps"]
