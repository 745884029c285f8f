"""Output layers that train on a few drawn tokens, and are evaluated on all."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from embedlab.losses.language_modeling import CrossEntropy, at_least_float32
from embedlab.losses.token_sampler import TokenSampler


class _Sampled(CrossEntropy):
    """The weights of the full softmax, of which a step of training sees those of the targets and of drawn tokens.

    All rows of a step share what is drawn, by torch's generator. Evaluation and generation are of all tokens, exactly.

    Args:
        vocabulary_size: V, tokens by falling count.
        hidden_dim: H.
        samples: tokens drawn each step, at most V.
        power: token j is drawn in proportion to ``count_j ** power``, once counts are known; until then, and with None
            always, by its rank alone; see :class:`embedlab.losses.token_sampler.TokenSampler`.
        init_range: as of :class:`embedlab.losses.language_modeling.CrossEntropy`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int,
        samples: int = 1000,
        power: float | None = 0.75,
        init_range: float | None = None,
    ) -> None:
        super().__init__(vocabulary_size, hidden_dim, init_range)
        self.power, self.sampler = power, TokenSampler(vocabulary_size, samples)

    def take_counts(self, counts: Tensor) -> None:
        """See :meth:`embedlab.losses.language_modeling.OutputLayer.take_counts`."""
        if self.power is not None:
            self.sampler.weigh(counts.clamp(min=1).double() ** self.power)

    def _scores(self, hidden: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of the targets ``(n,)``, of drawn tokens ``(n, samples)``, and which those are."""
        drawn = self.sampler()
        seen, sizes = torch.cat([targets, drawn]), (len(targets), len(drawn))
        # One look-up, so one gradient of all V rows.
        right, wrong = functional.embedding(seen, self.weight).split(sizes)
        right_bias, wrong_bias = self.bias[seen].split(sizes)
        of_targets = (hidden * right).sum(1) + right_bias
        of_drawn = functional.linear(hidden, wrong, wrong_bias)
        return at_least_float32(of_targets), at_least_float32(of_drawn), drawn


class SampledSoftmax(_Sampled):
    """``−ln`` of the softmax over the target and drawn tokens, each standing for those of its kind that were not.

    ``−s_t + ln(exp s_t + Σ_j exp(s_j − ln π_j))`` over the drawn j but the target, where π_j is the probability that j
    is drawn: the sum is that over the vocabulary on average, and with all tokens drawn it is the full softmax. By
    importance sampling (Bengio, Senécal 2008), as Jean et al. (2015) train large vocabularies.
    """

    def forward(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """The mean loss."""
        of_targets, of_drawn, drawn = self._scores(hidden, targets)
        of_drawn = (of_drawn - self.sampler.log_expected(drawn)).masked_fill(drawn == targets[:, None], -math.inf)
        scores = torch.cat([of_targets[:, None], of_drawn], 1)
        return (scores.logsumexp(1) - of_targets).mean()


class NoiseContrastive(_Sampled):
    """Noise-contrastive estimation (Gutmann, Hyvärinen 2010; for language models Mnih, Teh 2012).

    Tell the target from noise: ``−ln σ(Δ_t) − Σ_j ln σ(−Δ_j)`` over the drawn j, the target too if it is among them,
    with ``Δ_j = s_j − ln V − ln π_j`` and π_j how often j is drawn on average. At its minimum ``exp(s − ln V)`` is the
    distribution itself, without ever being normalised; ln V lets scores near zero be near it at the start.

    What is logged of training is this loss, a sum over the noise, and no perplexity's logarithm.
    """

    def forward(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """The mean loss."""
        of_targets, of_drawn, drawn = self._scores(hidden, targets)
        constant = math.log(len(self.weight))
        right = of_targets - constant - self.sampler.log_expected(targets)
        wrong = of_drawn - constant - self.sampler.log_expected(drawn)
        return (functional.softplus(-right) + functional.softplus(wrong).sum(1)).mean()
