"""Plain ``nn.Module`` s from an input to an embedding; each states its ``embedding_dim``."""

from embedlab.models.backbone import Backbone
from embedlab.models.conv4 import Conv4
from embedlab.models.embedder import Embedder
from embedlab.models.head import EmbeddingHead
from embedlab.models.resnet import ResNet
from embedlab.models.taps import LayerTaps

__all__ = ["Backbone", "Conv4", "Embedder", "EmbeddingHead", "LayerTaps", "ResNet"]
