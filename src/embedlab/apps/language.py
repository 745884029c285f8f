"""What a language model writes: token by token, the state carried on, nothing of the text read twice."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from embedlab.errors import BadInput
from embedlab.text.tokenize import Tokenizer
from embedlab.text.vocabulary import UNKNOWN, Vocabulary

NextToken = Callable[[Tensor, Any], tuple[Tensor, Any]]


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. ``<unk>`` stands for no word of its own and never is.

    Args:
        temperature: log-probabilities are divided by it: below 1 for what is likely, above 1 for what is not.
        top_k: among so many of the most probable only; None for all.
        top_p: among the fewest of the most probable that have together this probability at least; 1 for all
            (nucleus sampling, Holtzman et al. 2020). It is of what temperature and ``top_k`` leave.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise BadInput(
                f"--temperature {self.temperature:g}: above 0; near 0, as 0.1, the most probable token is taken almost "
                "always, and with --top-k 1 always"
            )
        if self.top_k is not None and self.top_k < 1:
            raise BadInput(f"--top-k {self.top_k}: at least one token to draw from")
        if not 0 < self.top_p <= 1:
            raise BadInput(f"--top-p {self.top_p:g}: a probability, above 0 and at most 1")

    def probabilities(self, log_probabilities: Tensor) -> Tensor:
        """What is drawn from ``(V,)``, given the model's ``ln p`` ``(V,)``."""
        found = (log_probabilities.double() / self.temperature).softmax(0)
        if self.top_k is not None and self.top_k < len(found):
            found = found * torch.zeros_like(found).index_fill_(0, found.topk(self.top_k).indices, 1.0)
        if self.top_p < 1:
            falling, tokens = (found / found.sum()).sort(descending=True, stable=True)
            beyond = tokens[falling.cumsum(0) - falling >= self.top_p]  # what stands before them is enough
            found = found.index_fill(0, beyond, 0.0)
        return found / found.sum()


def generate(
    next_token: NextToken,
    words: Sequence[str],
    tokenizer: Tokenizer,
    prompt: str = "",
    length: int = 200,
    sampling: Sampling = Sampling(),
    seed: int = 0,
) -> Iterator[str]:
    """Pieces of a text that goes on from the prompt, as they are drawn.

    Args:
        next_token: ``(tokens (n,), state or None) -> (ln p (V,) of the token after them, state)``, as
            :meth:`embedlab.tasks.language_modeling.LanguageModeling.next_token`.
        words: the vocabulary, V of them.
        tokenizer: by which the model's text was split.
        prompt: what comes before; the model takes it to stand at the beginning of a text.
        length: tokens to draw.
        sampling: how.
        seed: the same one draws the same text.

    Raises:
        BadInput: the prompt has tokens that the vocabulary has not; no length. Before anything is drawn.
    """
    if length < 1:
        raise BadInput(f"--length {length}: at least one token")
    vocabulary = Vocabulary(words, torch.zeros(len(words), dtype=torch.long).numpy())
    tokens = tokenizer(prompt)
    unknown = dict.fromkeys(tokenizer.written(token).strip() or token for token in tokens if token not in vocabulary)
    if unknown:
        said = ", ".join(map(repr, list(unknown)[:5])) + (", …" if len(unknown) > 5 else "")
        raise BadInput(f"--prompt: {said}: not among the {len(words)} tokens that the model knows")
    read = torch.tensor([vocabulary.start, *(vocabulary.index[token] for token in tokens)])
    return _drawn(next_token, read, vocabulary, tokenizer, length, sampling, seed)


def _drawn(
    next_token: NextToken,
    tokens: Tensor,
    vocabulary: Vocabulary,
    tokenizer: Tokenizer,
    length: int,
    sampling: Sampling,
    seed: int,
) -> Iterator[str]:
    generator, state = torch.Generator().manual_seed(seed), None
    unknown = vocabulary.index.get(UNKNOWN)
    for _ in range(length):
        log_probabilities, state = next_token(tokens, state)
        log_probabilities = log_probabilities.cpu()
        if unknown is not None:
            log_probabilities = log_probabilities.index_fill(0, torch.tensor([unknown]), -math.inf)
        tokens = sampling.probabilities(log_probabilities).multinomial(1, generator=generator)
        yield tokenizer.written(vocabulary.words[int(tokens)])
