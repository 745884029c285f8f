from urllib.error import URLError

import pytest
import timm
import torch
import torchvision

from embedlab.models import Backbone, Embedder


@pytest.mark.parametrize(
    ("name", "features"),
    [("resnet18", 512), ("mobilenet_v3_small", 1024), ("shufflenet_v2_x0_5", 1024), ("convnext_tiny", 768)],
)
def test_torchvision_without_its_classifier(name, features):
    backbone = Backbone(name, (3, 64, 64)).eval()
    assert backbone.embedding_dim == features
    reference = torchvision.models.get_model(name).eval()
    reference.load_state_dict({**reference.state_dict(), **backbone.network.state_dict()})
    last = [module for module in reference.modules() if isinstance(module, torch.nn.Linear)][-1]
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(last(backbone(images)), reference(images))


@pytest.mark.filterwarnings("ignore:The default weight initialization")
@pytest.mark.parametrize(("name", "side", "features"), [("googlenet", 32, 1024), ("inception_v3", 80, 2048)])
def test_classifiers_on_the_way_are_removed_too(name, side, features):
    backbone = Backbone(name, (3, side, side)).train()
    assert backbone(torch.rand(2, 3, side, side)).shape == (2, features) == (2, backbone.embedding_dim)
    assert not [path for path, _ in backbone.named_parameters() if "aux" in path.lower()]


def test_timm_without_its_classifier():
    backbone = Backbone("resnet10t", (3, 32, 32), source="timm").eval()
    reference = timm.create_model("resnet10t").eval()
    reference.load_state_dict({**reference.state_dict(), **backbone.network.state_dict()})
    images = torch.rand(2, 3, 32, 32)
    assert backbone.embedding_dim == 512
    with torch.no_grad():
        torch.testing.assert_close(reference.fc(backbone(images)), reference(images))


def test_grey_is_three_equal_channels():
    backbone = Backbone("shufflenet_v2_x0_5", (1, 32, 32)).eval()
    images = torch.rand(2, 1, 32, 32)
    assert torch.equal(backbone(images), backbone(torch.cat([images] * 3, 1)))


@pytest.mark.parametrize("freeze", [True, False])
def test_frozen_weights_and_statistics_stay(freeze):
    torch.manual_seed(0)
    model = Embedder(Backbone("resnet18", (3, 32, 32), freeze=freeze), embedding_dim=8).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    embeddings = model(torch.rand(4, 3, 32, 32))
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(4))
    embeddings[:, 0].sum().backward()
    optimizer.step()
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    head = {"head.linear.weight", "head.linear.bias"}
    if freeze:
        assert moved == head
        assert not model.backbone.network.training
    else:
        assert moved > head | {"backbone.network.conv1.weight", "backbone.network.bn1.running_mean"}
    assert model.embedding_dim == 8


def test_embedder_without_a_linear_layer():
    backbone = Backbone("resnet18", (3, 32, 32)).eval()
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(Embedder(backbone, None, normalize=False)(images), backbone(images))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "resnet81"}, r"model\.backbone\.name=resnet81: torchvision has no such model; did you mean resnet18"),
        ({"name": "resnet10x", "source": "timm"}, "timm has no such model; did you mean resnet10t"),
        ({"name": "resnet18", "source": "keras"}, r"model\.backbone\.source=keras: .* torchvision and timm"),
        ({"name": "resnet18", "input_shape": (4, 32, 32)}, "1 or 3 channels, not 4"),
        ({"name": "vit_b_32"}, r"model\.backbone\.name=vit_b_32: can't take images of 3×32×32 \(Wrong image height"),
        ({"name": "squeezenet1_0"}, "no linear layer"),
    ],
)
def test_bad_input(arguments, says):
    with pytest.raises(ValueError, match=says):
        Backbone(**{"input_shape": (3, 32, 32), **arguments})


def test_weights_that_do_not_come(monkeypatch):
    def offline(*_args, **_kwargs):
        raise URLError("Name or service not known")

    monkeypatch.setattr(torchvision.models, "get_model", offline)
    with pytest.raises(FileNotFoundError, match=r"could not download the weights of resnet18 .*service not known") as e:
        Backbone("resnet18", (3, 32, 32), pretrained=True)
    assert "\n" not in str(e.value)
