import pytest
import torch

from embedlab.batch import EmbeddingBatch
from embedlab.losses import CenterLoss, SoftmaxLoss


def example():
    torch.manual_seed(0)
    loss = CenterLoss(4, 3, center_weight=0.5).double()
    loss.centers.data.normal_()
    x = torch.randn(6, 3, dtype=torch.float64)
    return loss, x, torch.tensor([0, 0, 0, 1, 2, 2])


def test_is_softmax_plus_half_the_weight_times_the_mean_squared_distance_to_the_center():
    loss, x, labels = example()
    softmax = SoftmaxLoss(4, 3).double()
    softmax.load_state_dict({k: v for k, v in loss.state_dict().items() if k != "centers"})
    squared = [
        sum((a - b) ** 2 for a, b in zip(row, loss.centers.tolist()[label], strict=True))
        for row, label in zip(x.tolist(), labels.tolist(), strict=True)
    ]
    batch = EmbeddingBatch(x, labels)
    expected = softmax(batch).item() + 0.5 / 2 * sum(squared) / 6
    assert loss(batch).item() == pytest.approx(expected, rel=1e-12)
    assert loss.statistics["center_distance"].item() == pytest.approx(sum(squared) / 6, rel=1e-12)


def test_a_step_of_sgd_moves_centers_as_the_paper_does_with_its_alpha():
    loss, x, labels = example()
    rate = 0.7
    loss(EmbeddingBatch(x, labels)).backward()
    moved = loss.centers.data - rate * loss.centers.grad
    for j in range(4):
        mine = labels == j
        n = int(mine.sum())
        alpha = rate * 0.5 * (1 + n) / 6  # η λ (1 + n_j) / B
        delta = (loss.centers[j] - x[mine]).sum(0) / (1 + n)
        torch.testing.assert_close(moved[j], loss.centers[j] - alpha * delta, rtol=1e-12, atol=1e-12)
    assert (loss.centers.grad[3] == 0).all()  # no object of that class, no move


def test_centers_start_at_the_origin_and_are_saved():
    assert (CenterLoss(4, 3).state_dict()["centers"] == 0).all()


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match=r"loss.center_weight=-1"):
        CenterLoss(4, 3, center_weight=-1)
