import pytest
import torch
import torchvision
from torch import nn

from embedlab.models import ResNet


def peer() -> nn.Module:
    """torchvision's ResNet-18 with the stem for small images, without its classifier."""
    network = torchvision.models.resnet18()
    network.conv1, network.maxpool, network.fc = (
        nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity(), nn.Identity(),
    )  # fmt: skip
    return network


def usual_resnet18() -> ResNet:
    return ResNet((3, 32, 32), None, widths=(64, 128, 256, 512), blocks=2, normalize=False)


@pytest.mark.parametrize("training", [True, False])
def test_equals_torchvisions(training):
    torch.manual_seed(0)
    reference, model = peer().train(training), usual_resnet18().train(training)
    model.load_state_dict(dict(zip(model.state_dict(), reference.state_dict().values(), strict=True)))
    images = torch.rand(4, 3, 32, 32)
    torch.testing.assert_close(model(images), reference(images), rtol=1e-5, atol=1e-5)


def test_has_the_known_number_of_weights():
    """CIFAR's ResNet-18 has 11,173,962 with its classifier of 512·10 + 10."""
    assert sum(p.numel() for p in usual_resnet18().parameters()) == 11_173_962 - 5_130


@pytest.mark.parametrize(("shape", "stem_stride"), [((1, 28, 28), 1), ((3, 96, 80), 2)])
def test_unit_length_for_small_images(shape, stem_stride):
    model = ResNet(shape, 10, widths=(8, 16), stem_stride=stem_stride, batch_norm=True)
    embeddings = model(torch.rand(3, *shape))
    assert embeddings.shape == (3, model.embedding_dim) == (3, 10)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(3))


def test_bad_stages():
    with pytest.raises(ValueError, match=r"model\.widths=\[\]"):
        ResNet((1, 28, 28), widths=())
