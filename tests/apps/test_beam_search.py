"""Beam search beside all texts there are."""

from itertools import product

import numpy as np
import pytest

from embedlab.apps.beam_search import beam_search
from embedlab.errors import BadInput

WORDS, LENGTH = 3, 4


@pytest.fixture
def table():
    """``ln p`` of the next token after any of up to four tokens: what is likely at once need not be so in the end."""
    draw = np.random.default_rng(5)
    contexts = [context for size in range(LENGTH) for context in product(range(WORDS), repeat=size)]
    return {context: np.log(draw.dirichlet(np.full(WORDS, 0.3))) for context in contexts}


def model_of(table):
    """The state is the tokens after the first, which is the prompt."""

    def next_token(tokens, state):
        state = () if state is None else (*state, *tokens)
        return table[state], state

    return next_token


def total(table, text):
    return sum(table[text[:place]][token] for place, token in enumerate(text))


def test_wide_enough_it_finds_the_best_of_all(table):
    best = max(product(range(WORDS), repeat=LENGTH), key=lambda text: total(table, text))
    tokens, logarithm = beam_search(model_of(table), [0], LENGTH, beam=WORDS ** (LENGTH - 1))
    assert tuple(tokens) == best
    assert logarithm == pytest.approx(total(table, best), abs=1e-12)


@pytest.mark.parametrize("beam", [1, 2, 3, 5])
def test_each_step_keeps_the_best_continuations(table, beam):
    kept = [()]
    for _ in range(LENGTH):
        longer = [(*text, token) for text in kept for token in range(WORDS)]
        kept = sorted(longer, key=lambda text: -total(table, text))[:beam]
    tokens, logarithm = beam_search(model_of(table), [0], LENGTH, beam)
    assert tuple(tokens) == kept[0]
    assert logarithm == pytest.approx(total(table, kept[0]), abs=1e-12)


def test_what_is_impossible_is_passed_over():
    logs = np.array([-np.inf, -0.7, -np.inf])
    assert beam_search(lambda tokens, state: (logs, None), [0], 3, beam=5) == ([1, 1, 1], pytest.approx(-2.1))
    with pytest.raises(BadInput, match="no token possible"):
        beam_search(lambda tokens, state: (np.full(3, -np.inf), None), [0], 3, beam=2)


def test_no_beam():
    with pytest.raises(BadInput, match="--beam 0: at least one text"):
        beam_search(lambda tokens, state: (np.zeros(2), None), [0], 3, beam=0)
