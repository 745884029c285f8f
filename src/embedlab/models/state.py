"""What a model of text carries from one window to the next."""

import torch
from torch import Tensor

State = Tensor | tuple[Tensor, ...]  # rows of text are the second dimension of each tensor


def detached(state: State) -> State:
    """The state without the graph behind it."""
    return state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)


def moved(state: State, device: torch.device) -> State:
    """The state on a device."""
    return state.to(device) if isinstance(state, Tensor) else tuple(part.to(device) for part in state)
