"""Output layers of language models: from a hidden vector to the probability of the next token."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from embedlab.errors import BadInput

CHUNK = 1 << 21  # logits at a time: 8 MB in float32


class OutputLayer(nn.Module, ABC):
    """Weights from hidden vectors to tokens, and the loss that trains them."""

    def forward(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """The mean loss in nats, a scalar, of hidden vectors ``(n, H)`` before targets ``(n,)``."""
        return self.negative_log_likelihoods(hidden, targets).mean()

    @abstractmethod
    def negative_log_likelihoods(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """``−ln p(target)`` ``(n,)``, exactly, in float32 or better."""

    @abstractmethod
    def log_probabilities(self, hidden: Tensor) -> Tensor:
        """``ln p`` of all tokens ``(n, V)``."""

    def take_counts(self, counts: Tensor) -> None:
        """Hear how often each token stands in the text trained on ``(V,)``; most layers have no use for it."""

    def tie(self, embeddings: nn.Parameter) -> None:
        """Take the embeddings ``(V, H)`` as output weights.

        Raises:
            BadInput: this layer has no such weights.
        """
        raise BadInput(f"model.tied=true: not with {type(self).__name__}; take loss=cross_entropy or model.tied=false")


class CrossEntropy(OutputLayer):
    """``−ln softmax(W h + b)_target``, the full softmax over the vocabulary.

    Logits exist a chunk at a time: the gradient of a chunk is taken as soon as its loss is known, in the forward pass,
    and only those of the hidden vectors and of the weights are kept. Memory is ``n·H + V·H``, and not ``n·V``.

    Args:
        vocabulary_size: V.
        hidden_dim: H.
        init_range: weights and biases are uniform in ± this at the start; None: as ``torch.nn.Linear`` begins.
    """

    def __init__(self, vocabulary_size: int, hidden_dim: int, init_range: float | None = None) -> None:
        super().__init__()
        linear = nn.Linear(hidden_dim, vocabulary_size)
        self.weight, self.bias = linear.weight, linear.bias
        if init_range is not None:
            for parameter in self.parameters():
                nn.init.uniform_(parameter, -init_range, init_range)

    def tie(self, embeddings: nn.Parameter) -> None:
        """See :meth:`OutputLayer.tie`."""
        self.weight = embeddings

    def forward(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """The mean loss."""
        return linear_cross_entropy(hidden, self.weight, self.bias, targets)

    def negative_log_likelihoods(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`OutputLayer.negative_log_likelihoods`."""
        rows = _chunk_rows(self.weight)
        parts = zip(hidden.split(rows), targets.split(rows), strict=True)
        return torch.cat([functional.cross_entropy(self._logits(h), t, reduction="none") for h, t in parts])

    def log_probabilities(self, hidden: Tensor) -> Tensor:
        """See :meth:`OutputLayer.log_probabilities`."""
        return self._logits(hidden).log_softmax(-1)

    def _logits(self, hidden: Tensor) -> Tensor:
        return at_least_float32(functional.linear(hidden, self.weight, self.bias))


class AdaptiveSoftmax(OutputLayer):
    """Frequent tokens in a short list, the others in clusters behind it, of shrinking width (Grave et al. 2017).

    Args:
        vocabulary_size: V, tokens by falling count.
        hidden_dim: H.
        cutoffs: how many of the most frequent tokens are in the short list, and where each cluster but the last ends;
            below V, rising.
        div_value: each cluster is narrower than the one before by this factor.
        init_range: as of :class:`CrossEntropy`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        init_range: float | None = None,
    ) -> None:
        super().__init__()
        ends = [0, *cutoffs, vocabulary_size]
        if len(ends) < 3 or any(a >= b for a, b in pairwise(ends)):
            raise BadInput(
                f"loss.cutoffs={list(cutoffs)}: numbers of tokens, rising, above 0 and below the vocabulary's "
                f"{vocabulary_size}"
            )
        if hidden_dim // div_value ** len(cutoffs) < 1:
            raise BadInput(f"loss.div_value={div_value}: the last cluster is left without width; lower it")
        self.layer = nn.AdaptiveLogSoftmaxWithLoss(hidden_dim, vocabulary_size, list(cutoffs), div_value)
        if init_range is not None:
            for parameter in self.parameters():
                nn.init.uniform_(parameter, -init_range, init_range)

    def negative_log_likelihoods(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`OutputLayer.negative_log_likelihoods`."""
        return at_least_float32(-self.layer(hidden, targets).output)

    def log_probabilities(self, hidden: Tensor) -> Tensor:
        """See :meth:`OutputLayer.log_probabilities`."""
        return at_least_float32(self.layer.log_prob(hidden))


def linear_cross_entropy(hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """``cross_entropy(hidden @ weight.T + bias, targets)``, the mean over rows, a chunk of logits at a time.

    Args:
        hidden: ``(n, H)``, at least one row.
        weight: ``(V, H)``.
        bias: ``(V,)``.
        targets: ``(n,)`` int64 below V.
    """
    found: Tensor = _LinearCrossEntropy.apply(hidden, weight, bias, targets, torch.is_grad_enabled())
    return found


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, train: bool) -> Tensor:
        train = train and any(ctx.needs_input_grad[:3])
        of_hidden = torch.empty_like(hidden) if train else None
        of_weight = torch.zeros_like(weight) if train else None
        of_bias = torch.zeros_like(bias) if train else None
        rows, share = _chunk_rows(weight), 1 / len(hidden)
        total = torch.zeros((), dtype=torch.float64 if hidden.dtype == torch.float64 else torch.float32)
        total = total.to(hidden.device)
        for first in range(0, len(hidden), rows):
            part, targeted = hidden[first : first + rows], targets[first : first + rows, None]
            logits = at_least_float32(functional.linear(part, weight, bias))
            highest = logits.max(1, keepdim=True).values
            total += (highest - logits.gather(1, targeted)).sum()
            exponentials = logits.sub_(highest).exp_()  # in place: the chunk is read and written as seldom as can be
            sums = exponentials.sum(1, keepdim=True)
            total += sums.log().sum()
            if of_hidden is None or of_weight is None or of_bias is None:
                continue
            gradient = exponentials.mul_(share / sums)
            gradient.scatter_add_(1, targeted, gradient.new_full((), -share).expand(targeted.shape))
            of_bias += gradient.sum(0)
            gradient = gradient.to(part.dtype)
            of_hidden[first : first + rows] = gradient @ weight
            if part.dtype == weight.dtype and not torch.is_autocast_enabled(hidden.device.type):
                of_weight.addmm_(gradient.t(), part)
            else:
                of_weight += gradient.t() @ part
        if of_hidden is not None:
            ctx.save_for_backward(of_hidden, of_weight, of_bias)
        return total * share

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        return (*(saved * gradient.to(saved.dtype) for saved in ctx.saved_tensors), None, None)


def _chunk_rows(weight: Tensor) -> int:
    return max(CHUNK // len(weight), 1)


def at_least_float32(values: Tensor) -> Tensor:
    """Values of half precision in float32, others as they are."""
    return values if values.dtype == torch.float64 else values.float()
