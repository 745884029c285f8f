import pytest
import torch
from torch import nn

from embedlab.models import LayerTaps


def example():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 5), nn.Tanh()), nn.Linear(5, 2))


def test_keeps_the_last_output_of_each_layer_with_its_gradient():
    model = example()
    taps = LayerTaps(model, ["0", "1.0"])
    model(torch.ones(2, 3))
    x = torch.randn(2, 3)
    model(x)
    assert torch.equal(taps["0"], model[0](x))
    assert torch.equal(taps["1.0"], model[1][0](model[0](x)))
    taps["1.0"].sum().backward()
    torch.testing.assert_close(model[0].bias.grad, 2 * model[1][0].weight.sum(0))
    assert model[2].weight.grad is None


def test_closed_taps_let_go():
    model = example()
    taps = LayerTaps(model, ["0"])
    model(torch.ones(2, 3))
    taps.close()
    model(torch.ones(2, 3))
    with pytest.raises(KeyError):
        taps["0"]


@pytest.mark.parametrize("name", ["1.7", "", "blocks"])
def test_a_wrong_name_is_refused_with_the_nearest(name):
    with pytest.raises(ValueError, match=rf"layer={name}: the model has no such layer; did you mean .*1"):
        LayerTaps(example(), [name])
