"""Drawing the next token from what a language model holds probable."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedlab.errors import BadInput

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Sampling:
    """Which tokens may be drawn, and how probable each then is; all that are possible by default.

    Args:
        temperature: log-probabilities are divided by it: below 1 for what is likely, above 1 for what is not.
        top_k: among so many of the most probable only, of equal ones those of lower number; None for all.
        top_p: among the fewest of the most probable that have together this probability at least; 1 for all
            (nucleus sampling, Holtzman et al. 2020). It is of what temperature and ``top_k`` leave.

    Raises:
        BadInput: a number out of its range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise BadInput(
                f"temperature={self.temperature:g}: above 0; near 0, as 0.1, the most probable token is taken almost "
                "always, and with a top k of 1 always"
            )
        if self.top_k is not None and self.top_k < 1:
            raise BadInput(f"top_k={self.top_k}: at least one token to draw from")
        if not 0 < self.top_p <= 1:
            raise BadInput(f"top_p={self.top_p:g}: a probability, above 0 and at most 1")

    def probabilities(self, log_probabilities: ArrayLike) -> NDArray[np.float64]:
        """What is drawn from ``(V,)``, given ``ln p`` ``(V,)``, of which a constant may be missing.

        Raises:
            BadInput: nothing is possible.
        """
        logarithms = np.asarray(log_probabilities, np.float64)
        highest = logarithms.max()
        if not np.isfinite(highest):
            raise BadInput("the model holds no token possible after this: draw from a smoothed one")
        found = np.exp((logarithms - highest) / self.temperature)
        if self.top_k is not None or self.top_p < 1:
            order = np.argsort(-found, kind="stable")[: self.top_k]
            falling = found[order]
            sums = np.cumsum(falling)
            enough = sums - falling >= self.top_p * (1 - _ROUNDING) * sums[-1]  # what stands before them is
            found = np.zeros_like(found)
            found[order[~enough]] = falling[~enough]
        return found / found.sum()

    def draw(self, log_probabilities: ArrayLike, random: np.random.Generator) -> int:
        """A token ``0 … V − 1``; see :meth:`probabilities`."""
        probabilities = self.probabilities(log_probabilities)
        return int(random.choice(len(probabilities), p=probabilities))
