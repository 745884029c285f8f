"""How far gradients reach back through the state of a recurrent model."""

from collections.abc import Callable

import torch
from torch import Tensor

State = Tensor | tuple[Tensor, ...]


def gradient_norms(
    model: Callable[[Tensor, State | None], tuple[Tensor, State]],
    loss: Callable[[Tensor, Tensor], Tensor],
    tokens: Tensor,
    state: State | None = None,
) -> tuple[Tensor, ...]:
    """``‖∂loss_t/∂h_{t−k}‖``, exactly, for k = 1 … T−1, where loss_t is that of the last of T tokens.

    The model reads a token at a time, so that each state is a node of the graph: its derivative is the total one, of
    all that comes after it, and one backward pass gives that of every state. Where they shrink by a factor a step,
    nothing is learned of what lies far back (Bengio, Simard, Frasconi 1994; Pascanu, Mikolov, Bengio 2013).

    Args:
        model: ``(tokens (rows, 1), state or None) -> (hidden (rows, 1, H), state)``, the state a tensor
            ``(layers, rows, H)`` or several of them, as of :class:`embedlab.models.recurrent.Recurrent`.
        loss: ``(hidden (rows, H), targets (rows,)) -> (rows,)``, as
            :meth:`embedlab.losses.language_modeling.OutputLayer.negative_log_likelihoods`.
        tokens: ``(rows, T + 1)``; each row is a measurement of its own.
        state: after the tokens before; None for none.

    Returns:
        Of each part of the state, hidden vectors and of an LSTM its cells too, the Euclidean norm over all layers
        ``(rows, T − 1)``, lag k in column k − 1.

    Raises:
        ValueError: fewer than three tokens a row; a state through which no gradient goes.
    """
    rows, steps = tokens.shape[0], tokens.shape[1] - 1
    if steps < 2:
        raise ValueError(f"tokens of shape {tuple(tokens.shape)}: a gradient needs at least two steps, and a target")
    states: list[tuple[Tensor, ...]] = []
    with torch.enable_grad():
        for step in range(steps):
            hidden, state = model(tokens[:, step : step + 1], state)
            states.append((state,) if isinstance(state, Tensor) else tuple(state))
        total = loss(hidden[:, 0], tokens[:, -1]).sum()  # a row's loss depends on its own states alone
    if not all(isinstance(part, Tensor) and part.requires_grad for part in states[0]):
        raise ValueError("the model's state carries no gradient from step to step")
    before = [part for parts in reversed(states[:-1]) for part in parts]
    gradients = torch.autograd.grad(total, before)
    norms = [gradient.transpose(0, 1).reshape(rows, -1).norm(dim=1) for gradient in gradients]
    kinds = len(states[0])
    return tuple(torch.stack(norms[kind::kinds], 1) for kind in range(kinds))
