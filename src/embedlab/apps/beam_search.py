"""Beam search: the most probable text of a length, as far as looking at a few at a time finds it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput

# ``(tokens, state or None) -> (ln p (V,) of the token after them, state)``; the state that is given stays as it is.
NextLogarithms = Callable[[Sequence[int], Any], tuple[NDArray[np.float64], Any]]


def beam_search(next_token: NextLogarithms, tokens: Sequence[int], length: int, beam: int) -> tuple[list[int], float]:
    """Goes on, at each step, from the ``beam`` most probable of all texts that are one token longer than those kept.

    Nothing ends a text but its length, so all that are compared are equally long. A beam of 1 takes the most probable
    token each time; one of ``V^(length − 1)`` finds the most probable text of all.

    Args:
        next_token: the model.
        tokens: what comes before.
        length: tokens to find.
        beam: texts kept, each with its state.

    Returns:
        The tokens of the most probable text, and ``ln p`` of them all.

    Raises:
        BadInput: no beam; nothing is possible.
    """
    if beam < 1:
        raise BadInput(f"--beam {beam}: at least one text to keep")
    logarithms, state = next_token(tokens, None)
    texts: list[list[int]] = [[]]
    totals, following, states = np.zeros(1), logarithms[None], [state]
    for left in reversed(range(length)):
        ahead = totals[:, None] + following
        best = np.argsort(-ahead, axis=None, kind="stable")[:beam]
        totals = ahead.ravel()[best]
        best, totals = best[np.isfinite(totals)], totals[np.isfinite(totals)]
        if not len(best):
            raise BadInput("the model holds no token possible after this: take a smoothed one")
        kept = [divmod(place, ahead.shape[1]) for place in best.tolist()]
        texts = [[*texts[parent], token] for parent, token in kept]
        if left:
            found = [next_token([token], states[parent]) for parent, token in kept]
            following, states = np.stack([logarithms for logarithms, _ in found]), [state for _, state in found]
    return texts[0], float(totals[0])
