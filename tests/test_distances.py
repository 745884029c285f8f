import math

import pytest
import torch

from embedlab.distances import DISTANCES, cosine, dot, euclidean, get_distance, squared_euclidean, unit_length


def by_loops(name, x, y):
    def one(a, b):
        product = sum(i * j for i, j in zip(a, b, strict=True))
        squared = sum((i - j) ** 2 for i, j in zip(a, b, strict=True))
        norms = math.sqrt(sum(i * i for i in a) * sum(j * j for j in b))
        return {
            "dot": -product, "cosine": 1 - product / norms, "squared_euclidean": squared, "euclidean": squared**0.5
        }[name]  # fmt: skip

    return torch.tensor([[one(a, b) for b in y.tolist()] for a in x.tolist()], dtype=torch.float64)


@pytest.fixture
def points():
    torch.manual_seed(0)
    return torch.randn(5, 4, dtype=torch.float64), torch.randn(6, 4, dtype=torch.float64)


@pytest.mark.parametrize("name", DISTANCES)
def test_value_by_loops(name, points):
    torch.testing.assert_close(DISTANCES[name](*points), by_loops(name, *points), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", DISTANCES)
def test_gradient_is_the_true_derivative(name, points):
    x, y = (z.requires_grad_() for z in points)
    assert torch.autograd.gradcheck(DISTANCES[name], (x, y))
    assert torch.autograd.gradgradcheck(DISTANCES[name], (x, y))


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(name, dtype, points):
    x, y = ((1e4 * z / z.abs().max()).to(dtype) for z in points)
    expected = DISTANCES[name](x.float(), y.float())
    assert expected.isfinite().all()
    assert torch.equal(DISTANCES[name](x, y), expected)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(DISTANCES[name](x.float(), y.float()), expected)


@pytest.mark.parametrize("name", DISTANCES)
def test_nan_is_not_swallowed(name, points):
    x, y = points
    x[2, 1] = torch.nan
    assert DISTANCES[name](x, y)[2].isnan().all()
    assert DISTANCES[name](x, y)[:2].isfinite().all()


def test_where_points_coincide():
    x = torch.full((3, 2), 0.1, requires_grad=True)
    for distance in (squared_euclidean, euclidean):
        d = distance(x, x.detach())
        assert torch.equal(d, torch.zeros(3, 3))
        assert torch.equal(torch.autograd.grad(d.sum(), x)[0], torch.zeros(3, 2))


def test_zero_vectors():
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    assert torch.equal(unit_length(x), torch.tensor([[0.0, 0.0], [0.6, 0.8]]))
    d = cosine(x, x.detach())
    torch.testing.assert_close(d, torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
    gradient = torch.autograd.grad(d.sum(), x)[0]
    assert torch.equal(gradient[0], torch.zeros(2))
    torch.testing.assert_close(gradient[1], torch.zeros(2))


def test_smaller_is_closer():
    near, far = torch.tensor([[1.0, 0.1]]), torch.tensor([[0.1, 1.0]])
    for distance in (dot, cosine, squared_euclidean, euclidean):
        assert distance(torch.tensor([[1.0, 0.0]]), near) < distance(torch.tensor([[1.0, 0.0]]), far)


def test_names():
    assert get_distance("cosine") is cosine
    assert get_distance(dot) is dot
    with pytest.raises(
        ValueError, match="distance=manhattan: no such distance; there are squared_euclidean, euclidean"
    ):
        get_distance("manhattan")
