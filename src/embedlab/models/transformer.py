"""A decoder-only Transformer, whose state is what it remembers of the last tokens."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedlab.errors import BadInput, check_probability
from embedlab.models.state import State

INIT_STD = 0.02  # of GPT-2


class Memory(NamedTuple):
    """Keys and values ``(rows, heads, past, D / heads)`` of the last tokens, keys before their rotation."""

    keys: Tensor
    values: Tensor


class Transformer(nn.Module):
    """Each token attends to itself and the ``context − 1`` tokens before it, in training as in evaluation.

    GPT-2's layers (Radford et al. 2019): layer norm before attention and before the feed-forward network of GELU units,
    four times as wide; weights normal with deviation 0.02, of what is added to the stream ``0.02 / √(2 · layers)``.
    Positions are rotary (Su et al. 2021): a score depends on how far apart two tokens are and not on where they stand.
    So the keys and values of past tokens can be kept: they are the state, as in Transformer-XL (Dai et al. 2019). A
    window of training goes on from that of the window before, without gradient; evaluation and generation read
    each token once; none of it depends on where windows end. Through the layers a token may hear of those
    ``layers · (context − 1)`` before it.

    Args:
        vocabulary_size: V.
        hidden_dim: H, of a token's vector; a multiple of twice the heads.
        layers: at least 1.
        heads: of attention in each layer.
        context: tokens that one attends to, itself among them.
        dropout: probability, on embeddings, on attention, and on what each part adds to the stream.
        tied: the output layer's weights are the embeddings.

    Raises:
        BadInput: sizes or probabilities that don't exist or don't go together.
    """

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int = 128,
        layers: int = 4,
        heads: int = 4,
        context: int = 64,
        dropout: float = 0.0,
        tied: bool = True,
    ) -> None:
        super().__init__()
        if min(hidden_dim, layers, heads, context) < 1:
            raise BadInput(
                f"model.hidden_dim={hidden_dim}, model.layers={layers}, model.heads={heads}, model.context={context}: "
                "each is at least 1"
            )
        if hidden_dim % (2 * heads):
            raise BadInput(
                f"model.hidden_dim={hidden_dim}, model.heads={heads}: heads share the vector, each an even number; "
                f"take model.hidden_dim={2 * heads * max(round(hidden_dim / (2 * heads)), 1)}"
            )
        check_probability("model.dropout", dropout)
        self.tied = tied
        self.embedding = nn.Embedding(vocabulary_size, hidden_dim)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Block(hidden_dim, heads, context, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden_dim)
        for name, parameter in self.named_parameters():
            if name.endswith("added.weight"):
                nn.init.normal_(parameter, std=INIT_STD / math.sqrt(2 * layers))
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, std=INIT_STD)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.embedding.embedding_dim

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Hidden vectors ``(rows, steps, H)`` of tokens ``(rows, steps)``, and the state after the last.

        Args:
            tokens: int64.
            state: keys and values of the tokens before, ``(layers, rows, heads, past, H / heads)`` each, past below
                ``context``; None for none.
        """
        x = self.dropout(self.embedding(tokens))
        memories = []
        for number, layer in enumerate(self.layers):
            past = None if state is None else Memory(state[0][number], state[1][number])
            x, memory = layer(x, past)
            memories.append(memory)
        keys, values = zip(*memories, strict=True)
        return self.norm(x), (torch.stack(keys), torch.stack(values))


class Block(nn.Module):
    """One layer: attention, then a feed-forward network, each added to the stream ``(rows, steps, H)``."""

    def __init__(self, hidden_dim: int, heads: int, context: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(hidden_dim)
        self.attention = Attention(hidden_dim, heads, context, dropout)
        self.network_norm = nn.LayerNorm(hidden_dim)
        self.widened = nn.Linear(hidden_dim, 4 * hidden_dim)
        self.added = nn.Linear(4 * hidden_dim, hidden_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, past: Memory | None) -> tuple[Tensor, Memory]:
        """The stream after the layer, and its memory for what comes next."""
        attended, memory = self.attention(self.attention_norm(x), past)
        x = x + self.dropout(attended)
        widened = functional.gelu(self.widened(self.network_norm(x)))
        return x + self.dropout(self.added(widened)), memory


class Attention(nn.Module):
    """Causal attention of several heads, to the last ``context`` tokens (Vaswani et al. 2017)."""

    frequencies: Tensor

    def __init__(self, hidden_dim: int, heads: int, context: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.context, self.dropout = heads, context, dropout
        self.projected = nn.Linear(hidden_dim, 3 * hidden_dim)
        self.added = nn.Linear(hidden_dim, hidden_dim)
        size = hidden_dim // heads
        self.register_buffer("frequencies", 10000.0 ** -(torch.arange(0, size, 2) / size), persistent=False)

    def forward(self, x: Tensor, past: Memory | None) -> tuple[Tensor, Memory]:
        """``(rows, steps, H)`` of what is attended to, and the memory for what comes next."""
        queries, keys, values = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.projected(x).chunk(3, -1)
        )
        if past is not None:
            keys, values = torch.cat([past.keys, keys], 2), torch.cat([past.values, values], 2)
        steps, seen = queries.shape[2], keys.shape[2]
        positions = torch.arange(seen, device=x.device)
        angles = positions[:, None] * self.frequencies
        attended = functional.scaled_dot_product_attention(
            rotated(queries, angles[seen - steps :]), rotated(keys, angles), values,
            attn_mask=self._visible(positions, steps), dropout_p=self.dropout if self.training else 0.0,
        )  # fmt: skip
        kept = max(seen - self.context + 1, 0)
        return self.added(attended.transpose(1, 2).flatten(2)), Memory(keys[:, :, kept:], values[:, :, kept:])

    def _visible(self, positions: Tensor, steps: int) -> Tensor:
        """Which of the tokens ``(steps, seen)`` each of the last ``steps`` attends to."""
        ago = positions[-steps:, None] - positions
        return (ago >= 0) & (ago < self.context)


def rotated(x: Tensor, angles: Tensor) -> Tensor:
    """Pairs of numbers, one of each half of ``(…, steps, size)``, turned by angles ``(steps, size / 2)``."""
    first, second = x.chunk(2, -1)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)
