"""Output layers of language models: from a hidden vector to the probability of the next token."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedlab.errors import BadInput
from embedlab.losses.linear_cross_entropy import at_least_float32, chunk_rows, linear_cross_entropy


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

    Logits exist a chunk at a time; see :func:`embedlab.losses.linear_cross_entropy.linear_cross_entropy`.

    Args:
        vocabulary_size: V.
        hidden_dim: H.
        init_range: weights and biases are uniform in ± this at the start; None: as ``torch.nn.Linear`` begins.
        half_gradients: products of gradients take factors of bfloat16, the loss float32 as ever; faster where the
            processor has instructions for it.
    """

    def __init__(
        self, vocabulary_size: int, hidden_dim: int, init_range: float | None = None, half_gradients: bool = False
    ) -> None:
        super().__init__()
        self.half_gradients = half_gradients
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
        return linear_cross_entropy(hidden, self.weight, self.bias, targets, self.half_gradients)

    def negative_log_likelihoods(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`OutputLayer.negative_log_likelihoods`."""
        rows = chunk_rows(self.weight)
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

    def forward(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """The mean loss: of the short list, whose last entries are the clusters, and of each cluster for its tokens."""
        head, ends = self.layer.head.weight, self.layer.cutoffs
        cluster = torch.bucketize(targets, torch.tensor(ends[:-1], device=targets.device), right=True)
        in_head = torch.where(cluster > 0, ends[0] - 1 + cluster, targets)
        loss = linear_cross_entropy(hidden, head, head.new_zeros(len(head)), in_head)
        for number, (narrowed, tail) in enumerate(self._tails()):
            rows = (cluster == number + 1).nonzero()[:, 0]
            if len(rows):
                of, bias = targets[rows] - ends[number], tail.weight.new_zeros(len(tail.weight))
                share = len(rows) / len(targets)
                loss = loss + share * linear_cross_entropy(narrowed(hidden[rows]), tail.weight, bias, of)
        return loss

    def _tails(self) -> Iterator[tuple[nn.Linear, nn.Linear]]:
        """Of each cluster what narrows hidden vectors, and what scores its tokens."""
        for parts in self.layer.tail:
            narrowed, tail = parts.children()
            assert isinstance(narrowed, nn.Linear)
            assert isinstance(tail, nn.Linear)
            yield narrowed, tail

    def negative_log_likelihoods(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`OutputLayer.negative_log_likelihoods`."""
        return at_least_float32(-self.layer(hidden, targets).output)

    def log_probabilities(self, hidden: Tensor) -> Tensor:
        """See :meth:`OutputLayer.log_probabilities`."""
        return at_least_float32(self.layer.log_prob(hidden))
