"""Text drawn from a language model: which tokens, how often, and the state carried on."""

import math
from collections import Counter
from itertools import product

import pytest
import torch

from embedlab.apps.language import generate, most_probable
from embedlab.errors import BadInput
from embedlab.losses.language_modeling import CrossEntropy
from embedlab.models.recurrent import Recurrent
from embedlab.tasks.language_modeling import LanguageModeling
from embedlab.text import Characters, Whitespace

WORDS = ["a", "b", r"\s", r"\n", "<unk>"]


class Twice:
    """Says each token twice, alternating; notes what it is asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, tokens, state):
        self.asked.append((tokens.tolist(), state))
        return torch.tensor([0.5, 0.3, 0.0, 0.0, 0.2]).log(), (state or 0) + len(tokens)


def test_the_prompt_is_read_once_and_each_token_after_it_once():
    model = Twice()
    text = "".join(generate(model, WORDS, Characters(), "ab a", length=6, seed=3))
    assert len(text) == 6
    assert model.asked[0] == ([3, 0, 1, 2, 0], None)  # a newline, then the prompt
    assert [state for _, state in model.asked[1:]] == [5, 6, 7, 8, 9]
    assert [WORDS[tokens[0]] for tokens, _ in model.asked[1:]] == list(text[:-1])
    assert text == "".join(generate(Twice(), WORDS, Characters(), "ab a", length=6, seed=3))


def test_tokens_come_as_often_as_they_are_probable_but_never_unknown_ones():
    drawn = Counter(generate(Twice(), WORDS, Characters(), length=4000))
    assert set(drawn) == {"a", "b"}
    assert drawn["a"] / 4000 == pytest.approx(0.5 / 0.8, abs=0.03)


def test_words_are_written_as_lines():
    words = ["the", "dog", "<eos>", "<unk>"]
    order = iter([0, 1, 2, 1])

    def model(tokens, state):
        return torch.full((4,), -math.inf).index_fill(0, torch.tensor([next(order)]), 0.0), None

    assert "".join(generate(model, words, Whitespace(), "dog the", length=4)) == "the dog \ndog "


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_most_probable_text_of_a_network(cell):
    """As among all texts, each read from its beginning: states that texts of a beam share stay as they are."""
    torch.manual_seed(3)
    model, output = Recurrent(5, cell, 6, 6, layers=2, init_range=1.0), CrossEntropy(5, 6, init_range=2.0)
    task = LanguageModeling(model, output, torch.optim.SGD).eval()

    def total(text):
        with torch.inference_mode():
            tokens = torch.tensor([3, 0, *text])
            logs = output.log_probabilities(model(tokens[None, :-1], None)[0][0])
        return logs[torch.arange(1, 4), tokens[2:]].sum().item()

    best = max(product(range(4), repeat=3), key=total)  # without <unk>
    found = most_probable(task.next_token, WORDS, Characters(), "a", length=3, beam=16)
    assert found == "".join(Characters().written(WORDS[token]) for token in best)


def test_the_most_probable_text_has_no_unknown_token():
    def model(tokens, state):
        return torch.tensor([0.1, 0.2, 0.05, 0.05, 0.6]).log(), None

    assert most_probable(model, WORDS, Characters(), "a", length=3, beam=2) == "bbb"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: generate(Twice(), WORDS, Characters(), length=0), "--length 0"),
        (lambda: generate(Twice(), WORDS, Characters(), "aQ✓a"), "--prompt: 'Q', '✓': not among the 5 tokens"),
        (lambda: generate(Twice(), WORDS, Whitespace(), "a dog"), "--prompt: 'dog': not among"),
        (lambda: most_probable(Twice(), WORDS, Characters(), "aQ"), "--prompt: 'Q': not among"),
        (lambda: most_probable(Twice(), WORDS, Characters(), beam=0), "--beam 0: at least one"),
    ],
)
def test_what_one_gets_wrong(make, said):
    with pytest.raises(BadInput, match=said):
        make()
