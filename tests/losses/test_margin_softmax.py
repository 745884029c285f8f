import math

import pytest
import torch
from pytorch_metric_learning import losses as peer

from embedlab.batch import EmbeddingBatch
from embedlab.losses import ArcFaceLoss, CosFaceLoss, NormalizedSoftmaxLoss, SphereFaceLoss

CLASSES, DIM, SIZE = 5, 4, 12


def full_margin(c, d, **more):
    return SphereFaceLoss(c, d, lambda_start=0, lambda_end=0, **more)


def example():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(SIZE, DIM, generator=generator, dtype=torch.float64)
    return x, torch.arange(SIZE) % CLASSES


def double(build, **arguments):
    torch.manual_seed(1)
    return build(CLASSES, DIM, **arguments).double()


def arcface(theta, m):
    return math.cos(theta + m) if theta + m <= math.pi else math.cos(theta) - m * math.sin(m)


def sphereface(theta, m, easing=0.0):
    k = min(int(m * theta / math.pi), m - 1)
    psi = (-1) ** k * math.cos(m * theta) - 2 * k
    return (easing * math.cos(theta) + psi) / (1 + easing)


def brute_force(x, labels, weight, length, with_margin):
    total = 0.0
    for row, label in zip(x.tolist(), labels.tolist(), strict=True):
        angles = []
        for w in weight.tolist():
            product = sum(a * b for a, b in zip(w, row, strict=True))
            angles.append(math.acos(product / (math.hypot(*w) * math.hypot(*row))))
        s = length if length is not None else math.hypot(*row)
        logits = [s * (with_margin(t) if j == label else math.cos(t)) for j, t in enumerate(angles)]
        total += math.log(sum(math.exp(z) for z in logits)) - logits[label]
    return total / len(labels)


@pytest.mark.parametrize("margin", [0.0, 0.5, 1.5])
def test_arcface_adds_the_margin_to_the_angle(margin):
    x, labels = example()
    loss = double(ArcFaceLoss, margin=margin, scale=10)
    expected = brute_force(x, labels, loss.weight, 10, lambda t: arcface(t, margin))
    assert loss(EmbeddingBatch(x, labels)).item() == pytest.approx(expected, rel=1e-12)


def test_cosface_takes_the_margin_off_the_cosine():
    x, labels = example()
    loss = double(CosFaceLoss, margin=0.35, scale=10)
    expected = brute_force(x, labels, loss.weight, 10, lambda t: math.cos(t) - 0.35)
    assert loss(EmbeddingBatch(x, labels)).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("margin", [1, 2, 3, 4])
@pytest.mark.parametrize("scale", [None, 10.0])
def test_sphereface_multiplies_the_angle(margin, scale):
    x, labels = example()
    loss = double(full_margin, margin=margin, scale=scale)
    expected = brute_force(x, labels, loss.weight, scale, lambda t: sphereface(t, margin))
    assert loss(EmbeddingBatch(x, labels)).item() == pytest.approx(expected, rel=1e-12)


def test_sphereface_eases_the_margin_in_over_training_steps_and_goes_on_after_a_resume():
    x, labels = example()
    batch = EmbeddingBatch(x, labels)
    loss = double(SphereFaceLoss, lambda_start=10.0, lambda_decay=0.5, lambda_end=3.0)
    for easing in [10.0, 10 / 1.5, 5.0, 4.0, 10 / 3, 3.0, 3.0]:
        expected = brute_force(x, labels, loss.weight, None, lambda t, e=easing: sphereface(t, 4, e))
        assert loss.eval()(batch).item() == pytest.approx(expected, rel=1e-6)  # does not count
        assert loss.train()(batch).item() == pytest.approx(expected, rel=1e-6)
        assert loss.statistics["lambda"].item() == pytest.approx(easing)
    resumed = double(SphereFaceLoss, lambda_start=10.0, lambda_decay=0.5, lambda_end=3.0)
    resumed.load_state_dict(loss.state_dict())
    assert torch.equal(resumed(batch), loss(batch))
    assert resumed.step.item() == 8


@pytest.mark.parametrize("build", [ArcFaceLoss, CosFaceLoss, full_margin])
def test_without_a_margin_all_are_the_normalised_softmax(build):
    x, labels = example()
    loss = double(build, margin=1 if build is full_margin else 0, scale=16.0)
    plain = double(NormalizedSoftmaxLoss, scale=16.0)
    batch = EmbeddingBatch(x, labels)
    torch.testing.assert_close(loss(batch), plain(batch), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        # Their margins are in degrees.
        (double(ArcFaceLoss, margin=0.5), peer.ArcFaceLoss(CLASSES, DIM, margin=math.degrees(0.5), scale=64)),
        (double(ArcFaceLoss, margin=1.2), peer.ArcFaceLoss(CLASSES, DIM, margin=math.degrees(1.2), scale=64)),
        (double(CosFaceLoss, margin=0.35), peer.CosFaceLoss(CLASSES, DIM, margin=0.35, scale=64)),
        # They have no λ: equal with the margin in full at once, at scale 1, which multiplies ‖x‖.
        (double(full_margin, margin=4), peer.SphereFaceLoss(CLASSES, DIM, margin=4, scale=1)),
        (double(full_margin, margin=3), peer.SphereFaceLoss(CLASSES, DIM, margin=3, scale=1)),
    ],
    ids=["arcface", "arcface-wide", "cosface", "sphereface-4", "sphereface-3"],
)
def test_value_and_gradients_equal_the_peer(ours, theirs):
    x, labels = example()
    x.requires_grad_()
    theirs = theirs.double()
    theirs.W.data = ours.weight.data.T.clone()
    value, expected = ours(EmbeddingBatch(x, labels)), theirs(x, labels)
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=0)
    grads = torch.autograd.grad(value, (x, ours.weight))
    expected_grads = torch.autograd.grad(expected, (x, theirs.W))
    torch.testing.assert_close(grads[0], expected_grads[0], rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(grads[1], expected_grads[1].T, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    "loss", [ArcFaceLoss(2, 2), ArcFaceLoss(2, 2, margin=1.5), CosFaceLoss(2, 2), full_margin(2, 2)]
)
def test_the_label_scores_below_its_cosine_and_falls_as_the_angle_grows(loss):
    angles = torch.linspace(0, math.pi, 2001, dtype=torch.float64)
    scores = loss.with_margin(angles[:, None])[:, 0]
    assert (scores <= angles.cos() + 1e-12).all()
    assert (scores.diff() <= 1e-12).all()


def test_psi_of_sphereface_falls_from_one_without_a_break():
    angles = torch.linspace(0, math.pi, 10_001, dtype=torch.float64)
    scores = full_margin(2, 2, margin=4).with_margin(angles)
    assert scores[0].item() == 1
    assert scores[-1].item() == pytest.approx(1 - 2 * 4)
    assert scores.diff().abs().max() < 4 * math.pi / 10_000 * 1.01  # no steeper than m


@pytest.mark.parametrize("build", [ArcFaceLoss, CosFaceLoss, full_margin])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sign", [1, -1])
def test_cosines_of_exactly_one_have_the_exact_value_and_a_finite_gradient(build, dtype, sign):
    loss = build(2, 2, scale=8.0).to(dtype)
    loss.weight.data = torch.eye(2, dtype=dtype)
    x = (sign * torch.tensor([[3.0, 0.0]], dtype=dtype)).requires_grad_()
    value = loss(EmbeddingBatch(x, torch.tensor([0])))
    own = loss.with_margin(torch.tensor(0.0 if sign > 0 else math.pi, dtype=torch.float64)).item()
    assert value.item() == pytest.approx(math.log(1 + math.exp(8 * (0 - own))), rel=1e-4)
    value.backward()
    assert x.grad.isfinite().all()
    # Along x nothing changes; across it the other class alone pulls: 8 · softmax(other) / ‖x‖.
    other = 1 / (1 + math.exp(8 * own))
    torch.testing.assert_close(x.grad, torch.tensor([[0.0, 8 * other / 3]], dtype=dtype), rtol=1e-4, atol=1e-6)


def test_close_to_a_cosine_of_one_the_float32_gradient_is_that_of_float64():
    """Where arccos of a float32 cosine has lost the angle: 1e-4 radians from the weights."""
    loss = ArcFaceLoss(2, 2, scale=8.0)
    loss.weight.data = torch.eye(2)
    grads = []
    for dtype in (torch.float32, torch.float64):
        x = torch.tensor([[1.0, 1e-4]], dtype=torch.float32).to(dtype).requires_grad_()
        loss.to(dtype)(EmbeddingBatch(x, torch.tensor([0]))).backward()
        grads.append(x.grad.double())
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("build", "arguments", "message"),
    [
        (ArcFaceLoss, {"margin": 28.6}, r"loss.margin=28.6: .* radians, from 0 to π/2"),
        (ArcFaceLoss, {"margin": -0.1}, r"loss.margin=-0.1: .* radians, from 0 to π/2"),
        (ArcFaceLoss, {"scale": 0}, r"loss.scale=0"),
        (CosFaceLoss, {"margin": 1.5}, r"loss.margin=1.5: .* from 0 to 1"),
        (CosFaceLoss, {"margin": -0.35}, r"loss.margin=-0.35: .* from 0 to 1"),
        (SphereFaceLoss, {"margin": 0}, r"loss.margin=0: .* whole number from 1"),
        (SphereFaceLoss, {"margin": 1.35}, r"loss.margin=1.35: .* whole number from 1"),
        (SphereFaceLoss, {"lambda_start": 1.0, "lambda_end": 5.0}, r"loss.lambda_end=5.0: .* loss.lambda_start=1.0"),
        (SphereFaceLoss, {"lambda_decay": -1.0}, r"loss.lambda_decay=-1.0"),
    ],
)
def test_margins_out_of_range_are_refused_by_name(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(CLASSES, DIM, **arguments)
