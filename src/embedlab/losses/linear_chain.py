"""Sequences of tags under a linear chain: their scores, the sum over all of them, and the best one.

A sequence y of the n tags of a sentence scores ``s(y) = b_{y_1} + Σ_t e_{t,y_t} + Σ_t A_{y_{t−1},y_t} + c_{y_n}``.
Arguments are the same everywhere:

- emissions: e ``(rows, steps, K)``, of each word and tag; what stands beyond the end of a sentence counts nowhere;
- transitions: A ``(K, K)``, from the tag of a row to that of a column;
- start, end: b and c ``(K,)``;
- lengths: n ``(rows,)``, at least 1 each.
"""

import torch
from torch import Tensor

from embedlab.batch import within


def sequence_scores(
    emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, tags: Tensor, lengths: Tensor
) -> Tensor:
    """``s`` ``(rows,)`` of the sequences ``tags`` ``(rows, steps)``."""
    own = within(lengths, tags.shape[1])
    words = emissions.gather(2, tags[..., None])[..., 0].masked_fill(~own, 0).sum(1)
    steps = transitions[tags[:, :-1], tags[:, 1:]].masked_fill(~own[:, 1:], 0).sum(1)
    last = tags.gather(1, lengths[:, None] - 1)[:, 0]
    return start[tags[:, 0]] + words + steps + end[last]


def log_partition(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, lengths: Tensor) -> Tensor:
    """``ln Σ_y exp s(y)`` ``(rows,)`` over all Kⁿ sequences, by the forward algorithm."""
    forward = start + emissions[:, 0]
    for step in range(1, emissions.shape[1]):
        further = (forward[:, :, None] + transitions).logsumexp(1) + emissions[:, step]
        forward = torch.where((step < lengths)[:, None], further, forward)
    return (forward + end).logsumexp(1)


def best_sequence(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, lengths: Tensor) -> Tensor:
    """The sequence of the highest score ``(rows, steps)``, by the Viterbi algorithm; beyond a sentence's end 0.

    Scores of −∞ forbid a tag or a transition.
    """
    best, pointers = start + emissions[:, 0], []
    stay = torch.arange(emissions.shape[2], device=emissions.device)
    for step in range(1, emissions.shape[1]):
        further, before = (best[:, :, None] + transitions).max(1)
        going_on = (step < lengths)[:, None]
        best = torch.where(going_on, further + emissions[:, step], best)
        pointers.append(torch.where(going_on, before, stay))
    tag = (best + end).argmax(1)
    found = [tag]
    for before in reversed(pointers):
        tag = before.gather(1, tag[:, None])[:, 0]
        found.append(tag)
    tags = torch.stack(found[::-1], 1)
    return tags.masked_fill(~within(lengths, tags.shape[1]), 0)
