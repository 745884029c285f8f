"""Which tokens stand for all others in a step of training."""

import torch
from torch import Tensor, nn

from embedlab.errors import BadInput

ONE = 1 << 32  # probability 1: whole numbers keep their precision whatever the module is cast to


class TokenSampler(nn.Module):
    """Draws distinct tokens, frequent ones more often, by a single random number.

    Token j is among the ``samples`` with probability ``π_j = min(1, c · w_j)``, the same c for all, so that the π add
    up to ``samples``: the most frequent are there always, and with ``samples = V`` all are. Laid side by side the π
    cover an interval of that length, from which every point at a whole distance from one random point takes the token
    it falls on (systematic sampling, Madow 1949). What is drawn, each with weight ``1/π_j``, sums up to what all would
    on average: :meth:`log_expected` is the ``ln Q`` of sampled softmax.

    At first the weights are those of Zipf's law, ``w_j = ln((j + 2) / (j + 1))`` for tokens by falling count.

    Args:
        vocabulary_size: V.
        samples: how many are drawn.

    Raises:
        BadInput: fewer than one, or more than V.
    """

    bounds: Tensor  # (V + 1,) the borders between tokens, in units of 1 / ONE

    def __init__(self, vocabulary_size: int, samples: int) -> None:
        super().__init__()
        if not 1 <= samples <= vocabulary_size:
            raise BadInput(f"loss.samples={samples}: at least 1, and at most the vocabulary's {vocabulary_size}")
        self.samples = samples
        self.register_buffer("bounds", torch.zeros(vocabulary_size + 1, dtype=torch.int64), persistent=False)
        rank = torch.arange(vocabulary_size, dtype=torch.float64)
        self.weigh(((rank + 2) / (rank + 1)).log())

    def weigh(self, weights: Tensor) -> None:
        """Take other weights ``(V,)``, above 0."""
        weights = weights.double()
        falling = weights.sort(descending=True).values
        rest = falling.flip(0).cumsum(0).flip(0)  # of each weight and those below it
        left = self.samples - torch.arange(len(falling))  # to be drawn, when all above it are drawn always
        always = int((left * falling > rest).sum())
        expected = (weights * (left[always] / rest[always])).clamp(max=1)
        self.bounds[1:] = (expected.cumsum(0) * ONE).round().long()
        self.bounds[-1] = self.samples * ONE

    def forward(self) -> Tensor:
        """Distinct tokens ``(samples,)``, by torch's generator of the device."""
        return self.at(torch.randint(ONE, (1,), device=self.bounds.device))

    def at(self, start: Tensor) -> Tensor:
        """The tokens that a random point ``(1,)`` below :data:`ONE` takes."""
        points = start + ONE * torch.arange(self.samples, device=start.device)
        return torch.searchsorted(self.bounds, points, right=True) - 1

    def log_expected(self, tokens: Tensor) -> Tensor:
        """``ln π`` float32 of tokens."""
        return ((self.bounds[tokens + 1] - self.bounds[tokens]).float() / ONE).log()
