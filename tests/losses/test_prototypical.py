import math

import pytest
import torch

from embedlab.batch import EmbeddingBatch
from embedlab.losses import PrototypicalLoss


def brute_force(x, labels, shots):
    rows, labels = x.tolist(), labels.tolist()
    members = {c: [i for i, label in enumerate(labels) if label == c] for c in sorted(set(labels))}
    prototypes = {}
    for c, own in members.items():
        support = [rows[i] for i in own[:shots]]
        prototypes[c] = [sum(column) / len(support) for column in zip(*support, strict=True)]
    costs, hits = [], 0
    for c, own in members.items():
        for i in own[shots:]:
            scores = {j: -sum((a - b) ** 2 for a, b in zip(rows[i], p, strict=True)) for j, p in prototypes.items()}
            costs.append(math.log(sum(math.exp(s) for s in scores.values())) - scores[c])
            hits += max(scores, key=scores.get) == c
    return sum(costs) / len(costs), hits / len(costs)


def example():
    torch.manual_seed(0)
    # Unsorted labels with gaps; 9 has too few for a second shot or a query: it is a prototype to tell from.
    labels = torch.tensor([7, 2, 7, 4, 2, 7, 4, 4, 9, 2, 7])
    return torch.randn(len(labels), 3, dtype=torch.float64), labels


@pytest.mark.parametrize("shots", [1, 2, 3])
def test_is_the_cross_entropy_of_squared_distances_to_prototypes(shots):
    x, labels = example()
    loss = PrototypicalLoss(shots)
    value, accuracy = brute_force(x, labels, shots)
    assert loss(EmbeddingBatch(x, labels)).item() == pytest.approx(value, rel=1e-12)
    assert loss.statistics["accuracy"].item() == pytest.approx(accuracy)


def test_two_classes_in_closed_form():
    x = torch.tensor([[0.0], [1.0], [0.25], [1.0]], dtype=torch.float64)
    value = PrototypicalLoss()(EmbeddingBatch(x, torch.tensor([0, 1, 0, 1])))
    expected = (math.log(1 + math.exp(0.25**2 - 0.75**2)) + math.log(1 + math.exp(-1))) / 2
    assert value.item() == pytest.approx(expected, rel=1e-12)


def test_gradient_is_the_true_derivative():
    x, labels = example()
    assert torch.autograd.gradcheck(lambda x: PrototypicalLoss(2)(EmbeddingBatch(x, labels)), x.requires_grad_())


def test_classes_may_come_in_any_order():
    x, labels = example()
    by_class = labels.argsort(stable=True)
    batches = EmbeddingBatch(x, labels), EmbeddingBatch(x[by_class], labels[by_class])
    torch.testing.assert_close(*(PrototypicalLoss(2)(batch) for batch in batches), rtol=1e-12, atol=0)


@pytest.mark.parametrize("labels", [[], [0, 1, 2], [0, 0, 0]])
def test_without_queries_or_another_class_there_is_nothing_to_learn(labels):
    x = torch.randn(len(labels), 3, requires_grad=True)
    value = PrototypicalLoss()(EmbeddingBatch(x, torch.tensor(labels, dtype=torch.long)))
    value.backward()
    assert value.item() == 0
    assert (x.grad == 0).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_huge_and_zero_embeddings_have_finite_values_and_gradients_in_half_precision(dtype):
    x = torch.tensor([[1e4, -1e4], [0, 0], [-1e4, 1e4], [1e4, 1e4]], dtype=dtype, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = PrototypicalLoss()(EmbeddingBatch(x, torch.tensor([0, 1, 0, 1])))
    value.backward()
    assert value.isfinite()
    assert x.grad.isfinite().all()


def test_no_shots_are_refused():
    with pytest.raises(ValueError, match=r"loss.shots=0"):
        PrototypicalLoss(0)
