import pytest
import torch
from torch import nn
from torch.nn import functional as F

from embedlab.models import Conv4


def hand_built() -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (1, 64, 64, 64):
        layers += [nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten())


def test_has_the_papers_number_of_weights():
    # 3×3 kernels and biases: (9·1+1)·64 + 3·(9·64+1)·64, and 4 batch norms of 2·64
    assert (9 * 1 + 1) * 64 + 3 * (9 * 64 + 1) * 64 + 4 * 2 * 64 == 111_936
    assert sum(p.numel() for p in Conv4((1, 28, 28)).parameters()) == 111_936
    assert sum(p.numel() for p in Conv4((1, 28, 28), embedding_dim=64).parameters()) == 111_936
    assert sum(p.numel() for p in Conv4((1, 28, 28), embedding_dim=32).parameters()) == 111_936 + 65 * 32


@pytest.mark.parametrize("training", [True, False])
def test_equals_the_hand_built_network(training):
    torch.manual_seed(0)
    reference, model = hand_built().train(training), Conv4((1, 28, 28)).train(training)
    model.load_state_dict(dict(zip(model.state_dict(), reference.state_dict().values(), strict=True)))
    images = torch.rand(5, 1, 28, 28)
    assert torch.equal(model(images), reference(images))
    normalized = Conv4((1, 28, 28), normalize=True).train(training)
    normalized.load_state_dict(model.state_dict())
    assert torch.equal(normalized(images), F.normalize(model(images)))


def test_unit_length_and_embedding_dim():
    model = Conv4((3, 40, 33), embedding_dim=10, channels=8, normalize=True)
    embeddings = model(torch.rand(4, 3, 40, 33))
    assert model.embedding_dim == 10
    assert embeddings.shape == (4, 10)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(4))
    assert Conv4((3, 40, 33), channels=8).embedding_dim == 8 * 2 * 2


def test_too_small_an_image():
    with pytest.raises(ValueError, match=r"model\.input_shape=\[1, 28, 15\].*at least 16×16"):
        Conv4((1, 28, 15))
