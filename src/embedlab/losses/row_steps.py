"""A table of vectors, some rows of which are stepped many times in one batch."""

import torch
from torch import Tensor

MOST = 3.0  # on a million words of Wikipedia as good as 6; with 1 less is learned


class RowSteps:
    """Adds steps to rows of a table, all of them taken at the values before.

    One after the other, as a compiled kernel takes them, each step would see what the last one did, and few would do
    what many do. Added up, those of a word that comes up a thousand times would throw its row far beyond where it
    should go. Descent at a rate r on a loss that bends by c overshoots where ``r · c > 1``, and diverges beyond 2. So
    where ``r · c`` of a row is more than :data:`MOST`, its steps are scaled down to that; the c given are bounds, some
    times as large as what they bound.

    In a table of bfloat16 a step is often smaller than the distance of two numbers. There the sum is rounded up or down
    by chance, so that it is right on average.

    Args:
        table: ``(rows, D)`` float32 or bfloat16, changed in place.
        generator: of the table's device.
    """

    def __init__(self, table: Tensor, generator: torch.Generator) -> None:
        self.table, self.generator = table, generator
        self._place = torch.zeros(len(table), dtype=torch.int64, device=table.device)

    def add(self, rows: Tensor, steps: Tensor, curvature: Tensor, rate: float) -> None:
        """Add up the steps of each row.

        Args:
            rows: int64 ``(n,)``.
            steps: ``(n, D)``, gradients times the learning rate.
            curvature: float32 ``(n,)``, at most so much the loss behind each step bends in any direction.
            rate: the learning rate.
        """
        # One of its places stands for a row, whichever was written last: no sorting, and nothing the host waits for.
        self._place[rows] = torch.arange(len(rows), device=rows.device)
        place = self._place[rows]
        total = torch.zeros_like(curvature).index_add_(0, place, rate * curvature)
        steps = steps.float() * (MOST / total.clamp(min=MOST))[place, None]
        if self.table.dtype == torch.float32:
            self.table.index_add_(0, rows, steps)
            return
        change = torch.zeros_like(steps).index_add_(0, place, steps)[place]
        chance = torch.randint(
            0, 2**16, steps.shape, generator=self.generator, device=rows.device, dtype=torch.int32
        )  # fmt: skip
        self.table[rows] = _rounded(self.table[rows].float() + change, chance[place])


def _rounded(values: Tensor, chance: Tensor) -> Tensor:
    """Float32 to bfloat16, up with the probability of what is cut off; ``chance`` is int32, uniform below 2¹⁶."""
    return ((values.view(torch.int32) + chance) & -(2**16)).view(torch.float32).bfloat16()
