"""Recurrent models of text: Elman networks, LSTM and GRU, with the regularisation of Zaremba et al. and of AWD-LSTM."""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from embedlab.errors import BadInput
from embedlab.models.recurrent_dropout import RecurrentDropout
from embedlab.models.recurrent_stack import CELLS, RecurrentStack, padded
from embedlab.models.state import State
from embedlab.models.token_inputs import OneHot, TokenEmbedding

INITIAL = {"orthogonal": nn.init.orthogonal_, "identity": nn.init.eye_}


class Recurrent(nn.Module):
    """Tokens to hidden vectors, each of which has seen all tokens up to its own.

    With one number as ``dropout`` it is on what goes up, never on what goes from step to step: on embeddings, between
    layers, and on the last layer's outputs (Zaremba, Sutskever, Vinyals, "Recurrent Neural Network Regularization",
    2014). By place, and with the two regularisations, it is that of AWD-LSTM (Merity, Keskar, Socher, "Regularizing
    and Optimizing LSTM Language Models", 2018).

    The layers are torch's fused ones, unless something is asked for that these lack: see :class:`RecurrentStack`.

    Args:
        vocabulary_size: V.
        cell: ``rnn_tanh``, ``rnn_relu`` (Elman 1990), ``lstm`` or ``gru``, as in ``torch.nn``.
        embedding_dim: E, of a token.
        hidden_dim: of each layer.
        layers: at least 1.
        dropout: a probability below 1, or arguments of :class:`RecurrentDropout`.
        tied: the output layer's weights are the embeddings (Press, Wolf 2017; Inan et al. 2017); H is then E.
        init_range: all parameters but those of layer norm are uniform in ± this at the start; None: torch's own ways.
        last_dim: H, of the last layer; None for ``hidden_dim``.
        embedding: ``learned``; ``one_hot``: tokens have no vectors, E is V.
        embedding_init_range: as ``init_range``, of the embeddings alone; None: likewise.
        vectors: a file of vectors the embeddings start from.
        freeze_vectors: no embedding is trained.
        recurrent_init: weights from step to step at the start: ``orthogonal``, each gate's; ``identity``, with biases
            of zero, for ``rnn_relu`` and ``rnn_tanh`` (Le, Jaitly, Hinton 2015); None: as the others.
        layer_norm: each layer's outputs are normalised before they go up.
        bidirectional: every layer reads the row from both ends, for taggers and classifiers.
        activation_regularization: times the mean square of the outputs after dropout, added to the loss (AR).
        temporal_activation_regularization: times the mean square of their change from step to step, before dropout
            (TAR).

    Raises:
        BadInput: sizes, probabilities or choices that don't exist or don't go together.
    """

    def __init__(
        self,
        vocabulary_size: int,
        cell: str = "lstm",
        embedding_dim: int = 200,
        hidden_dim: int = 200,
        layers: int = 2,
        dropout: float | Mapping[str, float] = 0.0,
        tied: bool = False,
        init_range: float | None = None,
        last_dim: int | None = None,
        embedding: str = "learned",
        embedding_init_range: float | None = None,
        vectors: str | None = None,
        freeze_vectors: bool = False,
        recurrent_init: str | None = None,
        layer_norm: bool = False,
        bidirectional: bool = False,
        activation_regularization: float = 0.0,
        temporal_activation_regularization: float = 0.0,
    ) -> None:
        super().__init__()
        _check(cell, embedding, recurrent_init)
        if min(embedding_dim, hidden_dim, layers, last_dim or 1) < 1:
            raise BadInput(
                f"model.embedding_dim={embedding_dim}, model.hidden_dim={hidden_dim}, model.layers={layers}: "
                "each is at least 1"
            )
        self.hidden_dim, self.tied, self.bidirectional = hidden_dim, tied, bidirectional
        self.activation_regularization = activation_regularization
        self.temporal_activation_regularization = temporal_activation_regularization
        drop = RecurrentDropout.of(dropout)
        last = last_dim or hidden_dim
        self.embedding: TokenEmbedding | OneHot
        if embedding == "one_hot":
            if tied or vectors or drop.words:
                raise BadInput("model.embedding=one_hot: no vectors to tie, to start from or to drop; take learned")
            self.embedding = OneHot(vocabulary_size)
        else:
            if tied and embedding_dim != last:
                name = "hidden_dim" if last_dim is None else "last_dim"
                raise BadInput(
                    f"model.tied=true: embeddings serve as output weights, so model.embedding_dim={embedding_dim} and "
                    f"model.{name}={last} must be equal"
                )
            most = init_range if embedding_init_range is None else embedding_init_range
            self.embedding = TokenEmbedding(vocabulary_size, embedding_dim, drop.words, vectors, freeze_vectors, most)
        self.embedding_dim = self.embedding.embedding_dim
        self.input_dropout, self.dropout = drop.module(drop.inputs), drop.module(drop.outputs)
        self.cells: nn.RNNBase | RecurrentStack
        if drop.locked or drop.weights or layer_norm or last != hidden_dim:
            widths = [self.embedding_dim, *[hidden_dim] * (layers - 1), last]
            self.cells = RecurrentStack(cell, widths, drop, layer_norm, bidirectional)
        else:
            self.cells = CELLS[cell](
                self.embedding_dim, hidden_dim, layers, batch_first=True, bidirectional=bidirectional,
                dropout=drop.layers if layers > 1 else 0.0,
            )  # fmt: skip
        self._last_dim = last
        for layer in self.cells.modules():
            if isinstance(layer, nn.RNNBase):
                _initialise(layer, init_range, recurrent_init)

    @property
    def output_dim(self) -> int:
        """H, numbers in a hidden vector of both directions."""
        return self._last_dim * (2 if self.bidirectional else 1)

    def forward(
        self, tokens: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Hidden vectors ``(rows, steps, H)`` of tokens ``(rows, steps)``, and the state after the last.

        Args:
            tokens: int64.
            state: after the tokens before, ``(layers, rows, hidden_dim)``, of LSTMs two such; None for zeros.
            lengths: ``(rows,)`` tokens of each row, at least 1, what is after them being padding; None for all.
        """
        raw, state = self._raw(tokens, state, lengths)
        return self.dropout(raw), state

    def regularized(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State, Tensor]:
        """What :meth:`forward` gives, and what is added to the loss that trains."""
        raw, state = self._raw(tokens, state)
        hidden = self.dropout(raw)
        penalty = raw.new_zeros(())
        if self.activation_regularization:
            penalty = penalty + self.activation_regularization * hidden.square().mean()
        if self.temporal_activation_regularization and tokens.shape[1] > 1:
            penalty = penalty + self.temporal_activation_regularization * raw.diff(dim=1).square().mean()
        return hidden, state, penalty

    def _raw(self, tokens: Tensor, state: State | None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        run = self.cells if isinstance(self.cells, RecurrentStack) else partial(padded, self.cells)
        found: tuple[Tensor, State] = run(self.input_dropout(self.embedding(tokens)), state, lengths)
        return found


@torch.no_grad()
def _initialise(cells: nn.RNNBase, init_range: float | None, recurrent_init: str | None) -> None:
    for name, parameter in cells.named_parameters():
        if init_range is not None:
            nn.init.uniform_(parameter, -init_range, init_range)
        if recurrent_init is not None and name.startswith("weight_hh"):
            for gate in parameter.split(cells.hidden_size):
                INITIAL[recurrent_init](gate)
        if recurrent_init == "identity" and name.startswith("bias"):
            nn.init.zeros_(parameter)


def _check(cell: str, embedding: str, recurrent_init: str | None) -> None:
    """Raises BadInput for names of nothing."""
    if cell not in CELLS:
        raise BadInput(f"model.cell={cell}: no such cell; there are {', '.join(CELLS)}")
    if embedding not in ("learned", "one_hot"):
        raise BadInput(f"model.embedding={embedding}: there are learned and one_hot")
    if recurrent_init not in (None, *INITIAL):
        raise BadInput(f"model.recurrent_init={recurrent_init}: there are {', '.join(INITIAL)}, and null")
    if recurrent_init == "identity" and not cell.startswith("rnn"):
        raise BadInput(f"model.recurrent_init=identity: for model.cell=rnn_relu or rnn_tanh; {cell} takes orthogonal")
