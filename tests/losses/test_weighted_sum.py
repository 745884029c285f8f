import pytest
import torch

from embedlab.batch import EmbeddingBatch, Pairs
from embedlab.losses import ContrastiveLoss, SoftmaxLoss, WeightedSum


def example():
    torch.manual_seed(0)
    x = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    softmax, contrastive = SoftmaxLoss(3, 3).double(), ContrastiveLoss()
    loss = WeightedSum({"softmax": softmax, "contrastive": contrastive}, {"softmax": 0.25, "contrastive": 3.0})
    return loss, softmax, contrastive, EmbeddingBatch(x, torch.tensor([0, 0, 1, 1, 2, 2]))


def test_is_the_weighted_sum_with_the_statistics_of_each_under_its_name():
    loss, softmax, contrastive, batch = example()
    value = loss(batch)
    parts = softmax(batch), contrastive(batch)
    torch.testing.assert_close(value, 0.25 * parts[0] + 3 * parts[1], rtol=1e-14, atol=0)
    assert loss.statistics == {
        "softmax/loss": parts[0],
        "softmax/accuracy": softmax.statistics["accuracy"],
        "contrastive/loss": parts[1],
        "contrastive/active_fraction": contrastive.statistics["active_fraction"],
    }
    assert not any(number.requires_grad for number in loss.statistics.values())


def test_what_was_mined_goes_to_every_loss():
    loss, softmax, contrastive, batch = example()
    mined = Pairs(*(torch.tensor([i]) for i in (0, 1, 0, 2)))
    expected = 0.25 * softmax(batch) + 3 * contrastive(batch, mined)
    torch.testing.assert_close(loss(batch, mined), expected, rtol=1e-14, atol=0)


def test_weights_of_its_losses_are_its_own():
    loss = example()[0]
    assert set(loss.state_dict()) == {"losses.softmax.weight", "losses.softmax.bias"}


@pytest.mark.parametrize("weights", [{}, {"softmax": 1.0, "triplet": 1.0}, {"triplet": 1.0}])
def test_weights_by_other_names_are_refused(weights):
    with pytest.raises(ValueError, match=r"loss.weights=.*one weight for each of loss.losses: softmax"):
        WeightedSum({"softmax": SoftmaxLoss(3, 3)}, weights)


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match=r"loss.weights.softmax=-1"):
        WeightedSum({"softmax": SoftmaxLoss(3, 3)}, {"softmax": -1})
