"""Drawing from a distribution over a vocabulary."""

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput


class Sampler:
    """Draws one number after another, always the same ones from the same seed and distributions."""

    def __init__(
        self, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None, seed: int = 0
    ) -> None:
        """Restrictions apply in this order: temperature, top k, top p.

        Args:
            temperature: T of ``p^(1/T)``, above zero; near zero only the most probable is drawn.
            top_k: only the so many most probable, of equal ones those of lower number.
            top_p: only the fewest most probable whose probabilities, of what is left by then, sum to so much.
            seed: of the generator.

        Raises:
            BadInput: a number out of its range.
        """
        if not temperature > 0:
            raise BadInput(f"temperature={temperature}: it must be above zero; 0.01 all but takes the most probable")
        if top_k is not None and top_k < 1:
            raise BadInput(f"top_k={top_k}: at least one must be left")
        if top_p is not None and not 0 < top_p <= 1:
            raise BadInput(f"top_p={top_p}: a probability above 0, up to 1")
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self._random = np.random.default_rng(seed)

    def draw(self, probabilities: NDArray[np.floating]) -> int:
        """A number from 0 to ``len(probabilities) − 1``.

        Raises:
            BadInput: nothing is probable.
        """
        order, weights = self.candidates(probabilities)
        sums = np.cumsum(weights)
        place = np.searchsorted(sums, self._random.random() * sums[-1], side="right")
        return int(order[min(int(place), len(order) - 1)])

    def candidates(self, probabilities: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The numbers that may be drawn, the most probable first, and their probabilities.

        Args:
            probabilities: ``(V,)``, not negative; their sum need not be one.

        Raises:
            BadInput: nothing is probable.
        """
        order = np.flatnonzero(probabilities > 0)
        if not len(order):
            raise BadInput("the model gives no word a probability after this: take a smoothing other than these counts")
        order = order[np.argsort(-probabilities[order], kind="stable")][: self.top_k]
        logarithms = np.log(probabilities[order].astype(np.float64)) / self.temperature
        weights = np.exp(logarithms - logarithms[0])
        weights /= weights.sum()
        if self.top_p is not None:
            kept = int(np.searchsorted(np.cumsum(weights), self.top_p * (1 - 1e-12))) + 1
            order, weights = order[:kept], weights[:kept] / weights[:kept].sum()
        return order, weights
