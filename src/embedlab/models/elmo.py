"""ELMo: the layers of a forward and a backward language model, mixed as features of each token."""

import copy
from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor, nn

from embedlab.errors import BadInput
from embedlab.models.recurrent import Recurrent
from embedlab.models.recurrent_stack import RecurrentStack
from embedlab.models.token_inputs import TokenEmbedding


class ELMo(nn.Module):
    """``γ · Σ_j softmax(s)_j · [→h_j, ←h_j]`` of each token, j from its embeddings to the last layers.

    γ and s are learned with whatever the features are for; the language models stay as they are. The hidden vector of
    a token is the one that has read it, from the left and from the right.

    Source: Peters et al., "Deep contextualized word representations", NAACL 2018.

    Args:
        ahead: a language model of the text,
        back: and one of the reversed text (``data.reversed=true``), with the same vocabulary; each as wide in its
            embeddings as in its layers, as these are added.
        boundary: a token that both read before each row, as ``<eos>`` stands before a sentence in a text; None: none.

    Raises:
        BadInput: models that don't go together, or whose layers can't be added.
    """

    def __init__(self, ahead: Recurrent, back: Recurrent, boundary: int | None = None) -> None:
        super().__init__()
        for name, model in (("forward", ahead), ("backward", back)):
            if not isinstance(model, Recurrent) or not isinstance(model.embedding, TokenEmbedding):
                raise BadInput(f"ELMo: its {name} model is one of model=lstm, gru or rnn with learned embeddings")
            if model.bidirectional or {model.embedding_dim, model.hidden_dim} != {model.output_dim}:
                raise BadInput(
                    f"ELMo: layers of its {name} model are added, so train one with "
                    f"model.embedding_dim={model.hidden_dim} model.hidden_dim={model.hidden_dim}"
                )
        readers = _Reader(ahead), _Reader(back)
        if len({(reader.embedding.num_embeddings, len(reader.stack.layers)) for reader in readers}) > 1:
            raise BadInput("ELMo: its two models are of one vocabulary, and of equally many layers")
        self.ahead, self.back = readers
        self.boundary, self.embedding_dim = boundary, ahead.output_dim + back.output_dim
        self.scalars = nn.Parameter(torch.zeros(1 + len(self.ahead.stack.layers)))
        self.gamma = nn.Parameter(torch.ones(()))

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Features ``(rows, steps, embedding_dim)`` of tokens ``(rows, steps)``; zeros after a row's end.

        Args:
            tokens: int64.
            lengths: ``(rows,)`` tokens of each row, what is after them being padding; None for all.
        """
        steps = torch.arange(tokens.shape[1], device=tokens.device)
        ends = steps.new_full((len(tokens), 1), tokens.shape[1]) if lengths is None else lengths[:, None].to(steps)
        mirrored = torch.where(steps < ends, ends - 1 - steps, steps)  # of a mirrored row, the row again
        ahead = self.ahead(tokens, self.boundary)
        back = [
            layer.gather(1, mirrored[..., None].expand_as(layer))
            for layer in self.back(tokens.gather(1, mirrored), self.boundary)
        ]
        layers = [torch.cat(pair, -1) for pair in zip(ahead, back, strict=True)]
        mixed = torch.einsum("j,jrsd->rsd", self.scalars.softmax(0), torch.stack(layers))
        return self.gamma * mixed * (steps < ends)[..., None]


class _Reader(nn.Module):
    """A trained model's embeddings and layers, which neither learn nor drop anything."""

    def __init__(self, model: Recurrent) -> None:
        super().__init__()
        self.embedding = copy.deepcopy(model.embedding)
        cells = model.cells
        self.stack = copy.deepcopy(cells) if isinstance(cells, RecurrentStack) else RecurrentStack.of(cells)
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """Never."""
        return super().train(False)

    def forward(self, tokens: Tensor, boundary: int | None) -> Sequence[Tensor]:
        """Embeddings and what each layer gives, ``(rows, steps, H)`` each."""
        if boundary is not None:
            tokens = torch.cat([tokens.new_full((len(tokens), 1), boundary), tokens], 1)
        embedded = self.embedding(tokens)
        layers = [embedded, *self.stack.outputs(embedded)[0]]
        return layers if boundary is None else [layer[:, 1:] for layer in layers]
