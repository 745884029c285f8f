"""A fixed window of tokens predicts the next: the first neural language model."""

import torch
from torch import Tensor, nn

from embedlab.errors import BadInput, check_probability
from embedlab.models.state import State
from embedlab.models.token_inputs import TokenEmbedding


class FixedWindow(nn.Module):
    """The last ``window`` tokens' embeddings side by side, and a hidden layer of them.

    With x the concatenated embeddings, and an output layer ``b + W h`` upon it, tokens have the scores
    ``y = b + U tanh(d + H x)``, and with direct connections ``y = b + W x + U tanh(d + H x)``, the hidden vector then
    being ``[tanh(d + H x), x]``: equation (1) of Bengio, Ducharme, Vincent, Jauvin, "A Neural Probabilistic Language
    Model", JMLR 2003. Their order n is ``window + 1``.

    The state is the last tokens, so that nothing is lost where windows of training or evaluation end. Before a text
    stands nothing, embedded as zeros.

    Args:
        vocabulary_size: V.
        embedding_dim: E.
        hidden_dim: of the hidden layer.
        window: tokens that are seen, at least 1.
        direct: connections from the embeddings to the outputs.
        dropout: probability, on the hidden vector.
        vectors: a file of vectors the embeddings start from.
        freeze_vectors: no embedding is trained.

    Raises:
        BadInput: sizes or probabilities that don't exist.
    """

    tied = False

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 60,
        hidden_dim: int = 100,
        window: int = 5,
        direct: bool = True,
        dropout: float = 0.0,
        vectors: str | None = None,
        freeze_vectors: bool = False,
    ) -> None:
        super().__init__()
        if min(embedding_dim, hidden_dim, window) < 1:
            raise BadInput(
                f"model.embedding_dim={embedding_dim}, model.hidden_dim={hidden_dim}, model.window={window}: "
                "each is at least 1"
            )
        check_probability("model.dropout", dropout)
        self.window, self.direct = window, direct
        self.embedding = TokenEmbedding(vocabulary_size, embedding_dim, vectors=vectors, freeze=freeze_vectors)
        self.hidden = nn.Linear(window * embedding_dim, hidden_dim)
        self.dropout = nn.Dropout(dropout)

    @property
    def output_dim(self) -> int:
        """H, numbers in a hidden vector."""
        return self.hidden.out_features + (self.hidden.in_features if self.direct else 0)

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Hidden vectors ``(rows, steps, H)`` of tokens ``(rows, steps)``, and the state after the last.

        Args:
            tokens: int64.
            state: the tokens before ``(1, rows, window − 1)``; None for none.
        """
        before = tokens.new_full((len(tokens), self.window - 1), -1) if state is None else state[0]
        seen = torch.cat([before, tokens], 1)
        embedded = self.embedding(seen.clamp(min=0)) * (seen >= 0)[..., None]
        x = embedded.unfold(1, self.window, 1).transpose(2, 3).flatten(2)  # the farthest token first
        hidden = self.hidden(x).tanh()
        found = torch.cat([hidden, x], -1) if self.direct else hidden
        return self.dropout(found), seen[None, :, tokens.shape[1] :]
