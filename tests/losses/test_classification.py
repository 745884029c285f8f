"""The output layer of classifiers: nats, probabilities, and the length that rows of weights may have."""

import pytest
import torch

from embedlab.errors import BadInput
from embedlab.losses.classification import ClassSoftmax


def test_nats_are_of_the_softmax():
    layer = ClassSoftmax(3, 4)
    hidden, labels = torch.randn(5, 4), torch.tensor([0, 2, 1, 1, 0])
    scores = hidden @ layer.linear.weight.T + layer.linear.bias
    expected = scores.exp() / scores.exp().sum(1, keepdim=True)
    torch.testing.assert_close(layer.probabilities(hidden), expected)
    torch.testing.assert_close(layer(hidden, labels), -expected[torch.arange(5), labels].log())


def test_rows_that_are_too_long_are_shortened():
    layer = ClassSoftmax(2, 2, max_norm=3)
    layer.linear.weight.data = torch.tensor([[3.0, 4.0], [1.0, 2.0]])
    layer.constrain()
    torch.testing.assert_close(layer.linear.weight.data, torch.tensor([[1.8, 2.4], [1.0, 2.0]]))
    free = ClassSoftmax(2, 2)
    free.linear.weight.data *= 1e3
    before = free.linear.weight.clone()
    free.constrain()
    assert torch.equal(free.linear.weight, before)


def test_a_length_that_is_none():
    with pytest.raises(BadInput, match=r"loss.max_norm=0: above 0, or null"):
        ClassSoftmax(2, 2, max_norm=0)
