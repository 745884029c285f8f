"""Models whose memory is known by construction: one that never forgets, others that see so many tokens back."""

import math

import pytest
import torch

from embedlab.evaluation.agreement import MinimalPair, accuracy_by_distance
from embedlab.evaluation.agreement_probes import PROBES, number
from embedlab.text import Characters, Whitespace, Words
from embedlab.text.vocabulary import Vocabulary

AGREES = {"bank": ("is", 0.9), "banks": ("are", 0.6)}  # after each, with this probability


def vocabulary_of(pairs, tokenizer):
    texts = (text for pair in pairs for text in (*pair.cues, pair.between, *pair.answers))
    words = list(dict.fromkeys(["<eos>", *(token for text in texts for token in tokenizer(text))]))
    return Vocabulary(words, torch.zeros(len(words), dtype=torch.long).numpy())


class Remembers:
    """Says the verb of the first noun among the last ``sight`` tokens; one of its own where there is none."""

    def __init__(self, vocabulary, sight, blind=("are", 0.7)):
        self.vocabulary, self.sight, self.blind = vocabulary, sight, blind

    def __call__(self, tokens, state):
        read = (state or []) + [self.vocabulary.words[int(token)] for token in tokens]
        verb, p = next((AGREES[word] for word in read[-self.sight :] if word in AGREES), self.blind)
        other = "are" if verb == "is" else "is"
        found = torch.zeros(len(self.vocabulary))
        found[self.vocabulary.index[verb]], found[self.vocabulary.index[other]] = p, 1 - p
        return found.log(), read


PAIRS = [
    MinimalPair(("the bank", "the banks"), " of the city" * count, (" is ", " are "), 3 * count)
    for count in (0, 1, 2, 3)
    for _ in range(2)
]


@pytest.mark.parametrize(("sight", "expected"), [(99, [1, 1, 1, 1]), (7, [1, 1, 1, 0.5]), (1, [1, 0.5, 0.5, 0.5])])
def test_accuracy_is_full_as_far_as_the_model_sees_and_half_beyond(sight, expected):
    words = vocabulary_of(PAIRS, Whitespace())
    found = accuracy_by_distance(Remembers(words, sight), words, Whitespace(), PAIRS)
    assert list(found) == [0, 3, 6, 9]
    assert [estimate.value for estimate in found.values()] == expected
    undecided = accuracy_by_distance(Remembers(words, 1, ("are", 0.5)), words, Whitespace(), PAIRS[2:])
    assert {estimate.value for estimate in undecided.values()} == {0.5}


def test_answers_of_several_tokens_have_the_product_of_their_probabilities():
    """After (, ")." has 0.5 · 0.2, and "]!" 0.4 · 0.5; after [, 0.1 · 0.2 and 0.9 · 0.5: the first is wrong."""
    pair = MinimalPair(("(", "["), "x", (").", "]!"), 1)
    words = vocabulary_of([pair], Characters())
    after = {"(x": {")": 0.5, "]": 0.4}, "[x": {")": 0.1, "]": 0.9}, ")": {".": 0.2}, "]": {"!": 0.5}}

    def model(tokens, state):
        read = [words.words[int(token)] for token in tokens]
        found = torch.full((len(words),), -math.inf)
        for token, p in after["".join(read[-2:])].items():
            found[words.index[token]] = math.log(p)
        return found, None

    assert accuracy_by_distance(model, words, Characters(), [pair])[1].value == 0.5


def test_pairs_that_the_model_cannot_read_are_left_out():
    words = vocabulary_of(PAIRS, Whitespace())
    strange = MinimalPair(("the cat", "the cats"), "", (" is ", " are "), 0)
    found = accuracy_by_distance(Remembers(words, 99), words, Whitespace(), [*PAIRS, strange])
    assert found == accuracy_by_distance(Remembers(words, 99), words, Whitespace(), PAIRS)
    brackets = PROBES["bracket"]()
    assert accuracy_by_distance(Remembers(words, 99), vocabulary_of(brackets, Words()), Words(), brackets) == {}


@pytest.mark.parametrize("name", PROBES)
def test_every_probe_is_made_of_pairs_that_differ_in_the_cue_alone(name):
    pairs = PROBES[name]()
    assert pairs == PROBES[name]()
    assert len({pair.distance for pair in pairs}) >= 5
    for pair in pairs:
        assert pair.cues[0] != pair.cues[1]
        assert pair.answers[0] != pair.answers[1]
        if name in ("number", "pronoun"):
            assert len(pair.between.split()) == pair.distance
        else:
            assert len(pair.between.removesuffix("\n\\end{")) == pair.distance


def test_number_in_words():
    (pair,) = [pair for pair in number(most_phrases=0) if pair.cues[0] == "the bank" and "is" in pair.answers[0]]
    assert pair == MinimalPair(("the bank", "the banks"), "", (" is ", " are "), 0)
