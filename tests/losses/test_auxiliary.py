import pytest
import torch

from embedlab.batch import EmbeddingBatch
from embedlab.losses import AuxiliaryLoss, ContrastiveLoss


def test_is_the_weighted_loss_of_the_channel_means_of_a_feature_map():
    torch.manual_seed(0)
    maps = torch.randn(4, 3, 2, 5, dtype=torch.float64)
    labels = torch.tensor([0, 0, 1, 1])
    term = AuxiliaryLoss("blocks.1", ContrastiveLoss(), weight=0.1)
    expected = 0.1 * ContrastiveLoss()(EmbeddingBatch(maps.mean((2, 3)), labels))
    torch.testing.assert_close(term(maps, labels), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(term(term.pool(maps), labels), expected, rtol=1e-12, atol=0)


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match=r"auxiliary.weight=-1: .* blocks.1"):
        AuxiliaryLoss("blocks.1", ContrastiveLoss(), weight=-1)
