"""Does a language model remember, across a distance, what its next token must agree with?

Each probe is made of minimal pairs: two texts that differ in one cue at their beginning, and of two continuations the
one that agrees with it. A model that has lost the cue gives both texts the same answer and is right once of two times,
whatever it prefers: chance is exactly one half, at every distance and for every model (after Linzen, Dupoux, Goldberg,
"Assessing the ability of LSTMs to learn syntax-sensitive dependencies", TACL 2016).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from embedlab.evaluation.intervals import mean_interval
from embedlab.evaluation.protocol import Estimate
from embedlab.text.tokenize import Tokenizer
from embedlab.text.vocabulary import Vocabulary

NextToken = Callable[[Tensor, Any], tuple[Tensor, Any]]


@dataclass(frozen=True)
class MinimalPair:
    """Two texts, ``cues[0] + between`` and ``cues[1] + between``, that ``answers[0]`` and ``answers[1]`` go on from.

    Attributes:
        cues: what the texts begin with.
        between: what stands between a cue and its answer, the same in both.
        answers: what agrees with each cue.
        distance: how long ``between`` is, in the probe's own unit.
    """

    cues: tuple[str, str]
    between: str
    answers: tuple[str, str]
    distance: int


def accuracy_by_distance(
    next_token: NextToken, vocabulary: Vocabulary, tokenizer: Tokenizer, pairs: Sequence[MinimalPair]
) -> dict[int, Estimate]:
    """How often a model gives the answer that agrees a higher probability than the other; a tie counts half.

    An answer of several tokens has the product of their probabilities. Pairs with tokens that the model does not know,
    or that are no pair when split into its tokens, are left out.

    Args:
        next_token: ``(tokens (n,), state or None) -> (ln p (V,) of the token after them, state)``, as
            :meth:`embedlab.tasks.language_modeling.LanguageModeling.next_token`.
        vocabulary: the model's tokens.
        tokenizer: by which its text was split.
        pairs: of a probe.

    Returns:
        By distance, the nearest first, the mean over pairs with its 95 % interval; no distance without a known pair.
    """
    found: dict[int, list[float]] = {}
    for pair in pairs:
        if _readable(pair, vocabulary, tokenizer):
            right = _right(next_token, vocabulary, tokenizer, pair)
            found.setdefault(pair.distance, []).append(right)
    return {distance: mean_interval(found[distance]) for distance in sorted(found)}


def _readable(pair: MinimalPair, vocabulary: Vocabulary, tokenizer: Tokenizer) -> bool:
    cues, answers = ([tokenizer(text) for text in texts] for texts in (pair.cues, pair.answers))
    split = [*cues, tokenizer(pair.between), *answers]
    known = all(token in vocabulary for tokens in split for token in tokens)
    return known and all(answers) and cues[0] != cues[1] and answers[0] != answers[1]


def _right(next_token: NextToken, vocabulary: Vocabulary, tokenizer: Tokenizer, pair: MinimalPair) -> float:
    """Of the two texts of a pair, the share that is rightly continued."""

    def encoded(text: str) -> Tensor:
        return torch.tensor([vocabulary.index[token] for token in tokenizer(text)])

    answers = [encoded(answer) for answer in pair.answers]
    right = 0.0
    for own, cue in enumerate(pair.cues):
        text = torch.cat([torch.tensor([vocabulary.start]), encoded(cue + pair.between)])
        after, state = next_token(text, None)
        agreeing, other = (_log_probability(next_token, after, state, answers[which]) for which in (own, 1 - own))
        right += float(np.heaviside(agreeing - other, 0.5))
    return right / 2


def _log_probability(next_token: NextToken, after: Tensor, state: Any, tokens: Tensor) -> float:
    total = float(after[tokens[0]])
    for last, token in pairwise(tokens):
        after, state = next_token(last[None], state)
        total += float(after[token])
    return total
