"""What a language model writes: token by token, the state carried on, nothing of the text read twice."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedlab.apps.beam_search import NextLogarithms, beam_search
from embedlab.errors import BadInput
from embedlab.text.sampling import Sampling
from embedlab.text.tokenize import Tokenizer
from embedlab.text.vocabulary import UNKNOWN, Vocabulary

# ``(tokens (n,), state or None) -> (ln p (V,) of the token after them, state)``; the state that is given stays as it
# is. As :meth:`embedlab.tasks.language_task.LanguageTask.next_token`.
NextToken = Callable[[Tensor, Any], tuple[Tensor, Any]]


def generate(
    next_token: NextToken,
    words: Sequence[str],
    tokenizer: Tokenizer,
    prompt: str = "",
    length: int = 200,
    sampling: Sampling = Sampling(),  # noqa: B008 - frozen
    seed: int = 0,
) -> Iterator[str]:
    """Pieces of a text that goes on from the prompt, as they are drawn.

    Args:
        next_token: the model. ``<unk>`` stands for no word of its own and is never drawn.
        words: the vocabulary, V of them.
        tokenizer: by which the model's text was split.
        prompt: what comes before; the model takes it to stand at the beginning of a text.
        length: tokens to draw.
        sampling: how.
        seed: the same one draws the same text.

    Raises:
        BadInput: the prompt has tokens that the vocabulary has not; no length. Before anything is drawn.
    """
    vocabulary, read = _prompt(words, tokenizer, prompt, length)
    drawn = _drawn(_without_unknown(next_token, vocabulary), read, sampling, np.random.default_rng(seed))
    return (tokenizer.written(vocabulary.words[token]) for token in islice(drawn, length))


def most_probable(
    next_token: NextToken,
    words: Sequence[str],
    tokenizer: Tokenizer,
    prompt: str = "",
    length: int = 200,
    beam: int = 5,
) -> str:
    """The most probable text to go on from the prompt that a beam search finds; ``<unk>`` is never part of it.

    See :func:`generate` and :func:`embedlab.apps.beam_search.beam_search`.
    """
    vocabulary, read = _prompt(words, tokenizer, prompt, length)
    tokens, _ = beam_search(_without_unknown(next_token, vocabulary), read, length, beam)
    return "".join(tokenizer.written(vocabulary.words[token]) for token in tokens)


def _prompt(words: Sequence[str], tokenizer: Tokenizer, prompt: str, length: int) -> tuple[Vocabulary, list[int]]:
    """The vocabulary, and the tokens to read: what stands before a text, and the prompt."""
    if length < 1:
        raise BadInput(f"--length {length}: at least one token")
    vocabulary = Vocabulary(words, np.zeros(len(words), np.int64))
    tokens = tokenizer(prompt)
    unknown = dict.fromkeys(tokenizer.written(token).strip() or token for token in tokens if token not in vocabulary)
    if unknown:
        said = ", ".join(map(repr, list(unknown)[:5])) + (", …" if len(unknown) > 5 else "")
        raise BadInput(f"--prompt: {said}: not among the {len(words)} tokens that the model knows")
    return vocabulary, [vocabulary.start, *(vocabulary.index[token] for token in tokens)]


def _without_unknown(next_token: NextToken, vocabulary: Vocabulary) -> NextLogarithms:
    """The model in NumPy, for which ``<unk>`` is impossible."""
    unknown = vocabulary.index.get(UNKNOWN)

    def ask(tokens: Sequence[int], state: Any) -> tuple[NDArray[np.float64], Any]:
        found, state = next_token(torch.tensor(tokens), state)
        logarithms = found.cpu().numpy().astype(np.float64)
        if unknown is not None:
            logarithms[unknown] = -math.inf
        return logarithms, state

    return ask


def _drawn(
    next_token: NextLogarithms, tokens: Sequence[int], sampling: Sampling, random: np.random.Generator
) -> Iterator[int]:
    state = None
    while True:
        logarithms, state = next_token(tokens, state)
        tokens = [sampling.draw(logarithms, random)]
        yield tokens[0]
