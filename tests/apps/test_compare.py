import numpy as np
import torch
from torch import nn

from embedlab.apps.compare import nearest, verify


class Mean(nn.Module):
    """Embeds an image as the mean of each channel."""

    def forward(self, x):
        return x.mean((2, 3))


def image(*channels):
    return torch.tensor(channels)[:, None, None].expand(-1, 2, 2)


def test_verify_holds_the_distance_against_the_threshold():
    verdict = verify(Mean(), image(0.0, 0.0), image(3.0, 4.0), threshold=25.0, distance="squared_euclidean")
    assert (verdict.distance, verdict.same) == (25.0, True)
    assert not verify(Mean(), image(0.0, 0.0), image(3.0, 4.0), threshold=4.9, distance="euclidean").same


def test_nearest_names_the_rows_by_distance():
    gallery = np.array([[0.0, 5.0], [1.0, 0.0], [0.0, 0.5]], np.float32)
    found = nearest(Mean(), image(0.0, 0.0), gallery, ["a", "b", "c"], k=2, distance="euclidean")
    assert found == [(2, "c", 0.5), (1, "b", 1.0)]
