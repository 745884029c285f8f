"""Recurrent layers one upon another, with what the fused ones of ``torch.nn`` lack."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from embedlab.models.recurrent_dropout import RecurrentDropout
from embedlab.models.state import State

CELLS: dict[str, Callable[..., nn.RNNBase]] = {
    "rnn_tanh": nn.RNN,
    "rnn_relu": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="relu", **options),
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


class RecurrentStack(nn.Module):
    """Layers of ``torch.nn``, called as they are, of any width each, with locked dropout, weight dropout, layer norm.

    Args:
        cell: of :data:`CELLS`.
        widths: of the input, then of each layer, at least two numbers.
        dropout: of it ``layers``, ``weights`` and ``locked``.
        layer_norm: each layer's outputs are normalised before they go up (Ba et al. 2016). What goes from step to step
            is not, so that torch's fused kernels run through the steps.
        bidirectional: half of a layer's outputs have read the row from its end.
    """

    def __init__(
        self,
        cell: str,
        widths: Sequence[int],
        dropout: RecurrentDropout = RecurrentDropout(),  # noqa: B008 - frozen
        layer_norm: bool = False,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        self.directions = 2 if bidirectional else 1
        self.widths = list(widths[1:])
        inputs = [widths[0], *(self.directions * width for width in self.widths[:-1])]
        self.layers = nn.ModuleList(
            CELLS[cell](into, width, batch_first=True, bidirectional=bidirectional)
            for into, width in zip(inputs, self.widths, strict=True)
        )
        self.norms = nn.ModuleList(
            nn.LayerNorm(self.directions * width) if layer_norm else nn.Identity() for width in self.widths
        )
        self.between = dropout.module(dropout.layers)
        self.weight_dropout = dropout.weights

    @classmethod
    def of(cls, cells: nn.RNNBase) -> "RecurrentStack":
        """The layers of a fused module one by one, with copies of its weights and without its dropout."""
        widths = [cells.input_size] + [cells.hidden_size] * cells.num_layers
        stack = cls(cells.mode.lower(), widths, bidirectional=cells.bidirectional).to(next(cells.parameters()))
        for number, layer in enumerate(stack.layers):
            own = layer.state_dict()
            layer.load_state_dict({name: getattr(cells, name.replace("_l0", f"_l{number}")) for name in own})
        return stack

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        """What the last layer gives, and the state; see :meth:`outputs`."""
        outputs, state = self.outputs(x, state, lengths)
        return outputs[-1], state

    def outputs(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[list[Tensor], State]:
        """What each layer gives ``(rows, steps, directions · width)``, before dropout, and the state after the last.

        Args:
            x: ``(rows, steps, in)``.
            state: as ``torch.nn`` has it, ``(layers · directions, rows, H)``, of LSTMs two such; H is the greatest
                width, what a narrower layer lacks is zero.
            lengths: ``(rows,)`` steps of each row, at least 1; None for all.
        """
        found, states = list[Tensor](), list[State]()
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            before = None if state is None else self._of_layer(state, number)
            hidden, after = padded(self._run(layer), self.between(found[-1]) if found else x, before, lengths)
            found.append(norm(hidden))
            states.append(after)
        return found, _joined(states, max(self.widths))

    def _run(self, layer: nn.Module) -> Callable[..., Any]:
        """The layer, in training with some of its recurrent weights dropped."""
        if not (self.training and self.weight_dropout):
            return layer
        recurrent = {name: weight for name, weight in layer.named_parameters() if name.startswith("weight_hh")}
        dropped = {name: functional.dropout(weight, self.weight_dropout) for name, weight in recurrent.items()}
        return lambda *given: functional_call(layer, dropped, given)

    def _of_layer(self, state: State, number: int) -> State:
        if isinstance(state, tuple):
            return tuple(self._of_layer(part, number) for part in state)  # type: ignore[misc]
        first = number * self.directions
        return state[first : first + self.directions, :, : self.widths[number]].contiguous()


def padded(
    cells: Callable[..., Any], x: Tensor, state: State | None = None, lengths: Tensor | None = None
) -> tuple[Tensor, State]:
    """What recurrent cells of ``torch.nn`` give of rows of different lengths: zeros after a row's end.

    Args:
        cells: batch first.
        x: ``(rows, steps, in)``.
        state: as of the cells.
        lengths: ``(rows,)``, at least 1; None for all steps.
    """
    if lengths is None:
        hidden, state = cells(x, state)
        return hidden, state
    hidden, state = cells(pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False), state)
    return pad_packed_sequence(hidden, batch_first=True, total_length=x.shape[1])[0], state


def _joined(states: Sequence[State], width: int) -> State:
    if isinstance(states[0], tuple):
        return tuple(_joined(parts, width) for parts in zip(*states, strict=True))  # type: ignore[misc]
    return torch.cat([functional.pad(part, (0, width - part.shape[2])) for part in states])  # type: ignore[arg-type, union-attr]
