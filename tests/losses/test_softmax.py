"""The softmax losses, and what holds for every loss that is a classifier (margins and centers too)."""

import math

import pytest
import torch
from pytorch_metric_learning import losses as peer

from embedlab.batch import EmbeddingBatch
from embedlab.losses import (
    ArcFaceLoss,
    CenterLoss,
    CosFaceLoss,
    NormalizedSoftmaxLoss,
    SoftmaxLoss,
    SphereFaceLoss,
)

CLASSES, DIM, SIZE = 5, 3, 8
FAMILY = [
    SoftmaxLoss,
    NormalizedSoftmaxLoss,
    CenterLoss,
    SphereFaceLoss,
    CosFaceLoss,
    ArcFaceLoss,
    lambda c, d: NormalizedSoftmaxLoss(c, d, scale=None),
    lambda c, d: SphereFaceLoss(c, d, lambda_start=0, lambda_end=0),
]


def example(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(SIZE, DIM, generator=generator, dtype=torch.float64)
    labels = torch.randint(CLASSES, (SIZE,), generator=generator)
    return x.to(dtype), labels


def double(build):
    torch.manual_seed(1)
    loss = build(CLASSES, DIM).double()
    for parameter in loss.parameters():  # biases and centers start at zero: anywhere else tests more
        parameter.data.normal_()
    return loss


def cross_entropy(logits, label):
    return math.log(sum(math.exp(z) for z in logits)) - logits[label]


def test_softmax_is_the_mean_cross_entropy_of_a_linear_classifier():
    x, labels = example()
    loss = double(SoftmaxLoss)
    W, b = loss.weight.tolist(), loss.bias.tolist()
    values = []
    for row, label in zip(x.tolist(), labels.tolist(), strict=True):
        logits = [sum(w * v for w, v in zip(W[j], row, strict=True)) + b[j] for j in range(CLASSES)]
        values.append(cross_entropy(logits, label))
    assert loss(EmbeddingBatch(x, labels)).item() == pytest.approx(sum(values) / SIZE, rel=1e-12)


@pytest.mark.parametrize("scale", [20.0, None])
def test_normalized_softmax_is_the_mean_cross_entropy_of_scaled_cosines(scale):
    x, labels = example()
    loss = double(lambda c, d: NormalizedSoftmaxLoss(c, d, scale=scale))
    values = []
    for row, label in zip(x.tolist(), labels.tolist(), strict=True):
        s = scale if scale is not None else math.hypot(*row)
        logits = []
        for w in loss.weight.tolist():
            logits.append(s * sum(a * b for a, b in zip(w, row, strict=True)) / (math.hypot(*row) * math.hypot(*w)))
        values.append(cross_entropy(logits, label))
    assert loss(EmbeddingBatch(x, labels)).item() == pytest.approx(sum(values) / SIZE, rel=1e-12)


def test_equal_scores_cost_the_logarithm_of_the_number_of_classes():
    loss = SoftmaxLoss(7, DIM).double()
    x = torch.zeros(2, DIM, dtype=torch.float64)
    assert loss(EmbeddingBatch(x, torch.tensor([0, 6]))).item() == pytest.approx(math.log(7), rel=1e-12)


def test_normalized_softmax_equals_the_peer_at_temperature_one_over_scale():
    x, labels = example()
    ours = double(NormalizedSoftmaxLoss)
    theirs = peer.NormalizedSoftmaxLoss(CLASSES, DIM, temperature=1 / 20).double()
    theirs.W.data = ours.weight.data.T.clone()
    x.requires_grad_()
    value, expected = ours(EmbeddingBatch(x, labels)), theirs(x, labels)
    torch.testing.assert_close(value, expected, rtol=1e-10, atol=0)
    torch.testing.assert_close(*(torch.autograd.grad(v, x)[0] for v in (value, expected)), rtol=1e-9, atol=1e-12)


def test_accuracy_is_the_share_of_labels_with_the_highest_score():
    loss = SoftmaxLoss(2, 2)
    loss.weight.data = torch.eye(2)
    loss(EmbeddingBatch(torch.tensor([[2.0, 1], [1, 2], [3, 0], [0, 3]]), torch.tensor([0, 1, 0, 0])))
    assert loss.statistics["accuracy"].item() == 0.75


@pytest.mark.parametrize("build", FAMILY)
def test_gradient_of_embeddings_and_weights_is_the_true_derivative(build):
    x, labels = example()
    loss = double(build).eval()  # evaluation: SphereFace's λ stands still
    names, values = zip(*loss.named_parameters(), strict=True)

    def function(x, *values):
        return torch.func.functional_call(loss, dict(zip(names, values, strict=True)), (EmbeddingBatch(x, labels),))

    inputs = (x.requires_grad_(), *(v.detach().requires_grad_() for v in values))
    assert torch.autograd.gradcheck(function, inputs)


@pytest.mark.parametrize("build", FAMILY)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(build, dtype):
    x, labels = example(dtype)
    loss = double(build).float().eval()
    expected = loss(EmbeddingBatch(x.float(), labels))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(loss(EmbeddingBatch(x, labels)), expected)


@pytest.mark.parametrize("build", FAMILY)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_huge_zero_and_parallel_embeddings_have_finite_values_and_gradients(build, dtype):
    loss = double(build).float()
    w = loss.weight.detach()
    x = torch.stack([1e4 * torch.ones(DIM), -1e4 * torch.ones(DIM), torch.zeros(DIM), w[0], -w[0], w[1] * 100])
    x, labels = x.to(dtype).requires_grad_(), torch.tensor([0, 1, 2, 0, 0, 1])
    value = loss(EmbeddingBatch(x, labels))
    value.backward()
    assert value.isfinite()
    assert x.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in loss.parameters())


@pytest.mark.parametrize("build", FAMILY)
def test_a_half_precision_loss_is_computed_in_float32_too(build):
    x, labels = example(torch.float16)
    loss = double(build).half().eval()
    value = loss(EmbeddingBatch(x, labels))
    assert value.dtype == torch.float32
    assert torch.equal(value, loss.float()(EmbeddingBatch(x, labels)))


@pytest.mark.parametrize("build", FAMILY)
def test_an_empty_batch_costs_nothing(build):
    loss = build(CLASSES, DIM)
    value = loss(EmbeddingBatch(torch.zeros(0, DIM), torch.zeros(0, dtype=torch.long)))
    value.backward()
    assert value.item() == 0
    assert loss.statistics["accuracy"].item() == 0
    assert all((p.grad == 0).all() for p in loss.parameters())


@pytest.mark.parametrize("build", FAMILY)
@pytest.mark.parametrize("label", [-1, CLASSES])
def test_a_label_without_a_class_is_refused(build, label):
    batch = EmbeddingBatch(torch.ones(2, DIM), torch.tensor([0, label]))
    with pytest.raises(ValueError, match=r"loss.num_classes=5: labels are 0..4, the batch has"):
        build(CLASSES, DIM)(batch)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 0}, "loss.num_classes=0"),
        ({"embedding_dim": 0}, "loss.embedding_dim=0"),
        ({"scale": 0}, "loss.scale=0: the scale is above zero"),
        ({"scale": -1.0}, "loss.scale=-1.0"),
        ({"scale": float("nan")}, "loss.scale=nan"),
    ],
)
def test_sizes_and_scales_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        NormalizedSoftmaxLoss(**({"num_classes": CLASSES, "embedding_dim": DIM} | arguments))
