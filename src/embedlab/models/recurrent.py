"""Recurrent language models: Elman networks, LSTM and GRU, with the dropout of Zaremba et al."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from embedlab.errors import BadInput

State = Tensor | tuple[Tensor, ...]
CELLS: dict[str, Callable[..., nn.RNNBase]] = {
    "rnn_tanh": nn.RNN,
    "rnn_relu": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="relu", **options),
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


class Recurrent(nn.Module):
    """Tokens to hidden vectors, each of which has seen all tokens up to its own.

    Dropout is on what goes up, never on what goes from step to step: on embeddings, between layers, and on the last
    layer's outputs (Zaremba, Sutskever, Vinyals, "Recurrent Neural Network Regularization", 2014).

    Args:
        vocabulary_size: V.
        cell: ``rnn_tanh``, ``rnn_relu`` (Elman 1990), ``lstm`` or ``gru``, as in ``torch.nn``.
        embedding_dim: E, of a token.
        hidden_dim: H, of each layer.
        layers: at least 1.
        dropout: probability, below 1.
        tied: the output layer's weights are the embeddings (Press, Wolf 2017; Inan et al. 2017); E is then H.
        init_range: all parameters are uniform in ± this at the start; None: torch's own ways.
    """

    def __init__(
        self,
        vocabulary_size: int,
        cell: str = "lstm",
        embedding_dim: int = 200,
        hidden_dim: int = 200,
        layers: int = 2,
        dropout: float = 0.0,
        tied: bool = False,
        init_range: float | None = None,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise BadInput(f"model.cell={cell}: no such cell; there are {', '.join(CELLS)}")
        if min(embedding_dim, hidden_dim, layers) < 1:
            raise BadInput(
                f"model.embedding_dim={embedding_dim}, model.hidden_dim={hidden_dim}, model.layers={layers}: "
                "each is at least 1"
            )
        if not 0 <= dropout < 1:
            raise BadInput(f"model.dropout={dropout}: a probability, at least 0 and below 1")
        if tied and embedding_dim != hidden_dim:
            raise BadInput(
                f"model.tied=true: embeddings serve as output weights, so model.embedding_dim={embedding_dim} and "
                f"model.hidden_dim={hidden_dim} must be equal"
            )
        self.embedding_dim, self.hidden_dim, self.tied = embedding_dim, hidden_dim, tied
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim)
        between = dropout if layers > 1 else 0.0
        self.cells = CELLS[cell](embedding_dim, hidden_dim, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        if init_range is not None:
            for parameter in self.parameters():
                nn.init.uniform_(parameter, -init_range, init_range)

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Hidden vectors ``(rows, steps, H)`` of tokens ``(rows, steps)``, and the state after the last.

        Args:
            tokens: int64.
            state: after the tokens before, ``(layers, rows, H)``, of LSTMs two such; None for zeros.
        """
        hidden, state = self.cells(self.dropout(self.embedding(tokens)), state)
        return self.dropout(hidden), state


def detached(state: State) -> State:
    """The state without the graph behind it."""
    return state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)


def moved(state: State, device: torch.device) -> State:
    """The state on a device."""
    return state.to(device) if isinstance(state, Tensor) else tuple(part.to(device) for part in state)
