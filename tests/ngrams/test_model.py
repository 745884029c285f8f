from itertools import pairwise, product

import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.ngrams import (
    AddK,
    JelinekMercer,
    Katz,
    KneserNey,
    MaximumLikelihood,
    ModifiedKneserNey,
    NGramTable,
    StupidBackoff,
    WittenBell,
)
from embedlab.text import Sampling

SMOOTHINGS = {
    "maximum likelihood": MaximumLikelihood(),
    "add k": AddK(0.3),
    "Jelinek-Mercer": JelinekMercer([0.9, 0.7, 0.4, 0.2]),
    "Jelinek-Mercer in buckets": JelinekMercer(np.linspace(0.1, 1, 12).reshape(4, 3)),
    "Katz": Katz(),
    "Katz 2": Katz(2),
    "Katz, cut off": Katz(min_count=2),
    "Witten-Bell": WittenBell(),
    "Kneser-Ney": KneserNey(),
    "modified Kneser-Ney": ModifiedKneserNey(),
    "stupid back-off": StupidBackoff(),
    "stupid back-off, scaled": StupidBackoff(scaled=True),
}


@pytest.mark.parametrize("smoothing", SMOOTHINGS.values(), ids=SMOOTHINGS)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_sums_to_one_after_every_context(text, smoothing, order):
    """After all contexts of up to three words, seen and not, with and without the start of the sentence; the
    distribution gives what scoring a text does."""
    for seed, words, length in ((0, 6, 300), (1, 4, 12), (2, 3, 2000)):
        model = smoothing(NGramTable.count(*text(seed, words, length), words, order))
        contexts = [context for size in range(order) for context in product(range(words), repeat=size)]
        for context in contexts:
            for state in (None, 0):
                assert model.distribution(model.state(context, state)).sum() == pytest.approx(1, abs=2e-6)
            texts = np.array([[*context, word] for word in range(words)], np.int32)
            offsets = np.arange(words + 1) * (len(context) + 1)
            scores = np.exp(model.log_scores(texts.ravel(), offsets).reshape(texts.shape)[:, -1])
            if model.probabilities:
                assert scores.sum() == pytest.approx(1, abs=2e-6)
            np.testing.assert_allclose(
                scores / scores.sum(), model.distribution(model.state(context)), rtol=1e-5, atol=1e-9
            )


@pytest.mark.parametrize("smoothing", SMOOTHINGS.values(), ids=SMOOTHINGS)
def test_a_text_of_one_word_over_and_over(smoothing):
    model = smoothing(NGramTable.count([0] * 5, [0, 5], 2, 3))
    assert model.distribution(model.state([0, 0])).sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("smoothing", SMOOTHINGS.values(), ids=SMOOTHINGS)
def test_an_empty_text_has_no_model(smoothing):
    with pytest.raises(BadInput, match="no words were counted"):
        smoothing(NGramTable.count([], [0], 2, 3))


def test_perplexity_by_hand():
    """``a b </s>``, ``a </s>``; ``p(a|<s>) = 1``, ``p(b|a) = p(</s>|a) = 1/2``, ``p(</s>|b) = 1``."""
    model = MaximumLikelihood()(NGramTable.count([0, 1, 2, 0, 2], [0, 3, 5], 3, 2))
    assert model.perplexity([0, 1, 2], [0, 3]) == pytest.approx(2 ** (1 / 3))
    np.testing.assert_allclose(model.log_probabilities([0, 2, 0, 1], [0, 2, 4]), np.log([1, 0.5, 1, 0.5]))
    assert model.perplexity([1], [0, 1]) == np.inf
    np.testing.assert_allclose(model.distribution(model.state([0])), [0, 0.5, 0.5])
    with pytest.raises(BadInput, match="a text without words"):
        model.perplexity([], [0])
    with pytest.raises(BadInput, match="ids from 3 to 3"):
        model.log_probabilities([3], [0, 1])


def test_words_before_the_sentence_do_not_count(text):
    """Each sentence is scored as if it stood alone."""
    ids, offsets = text(0)
    model = ModifiedKneserNey()(NGramTable.count(ids, offsets, 9, 4))
    alone = [model.log_scores(ids[a:b], [0, b - a]) for a, b in pairwise(offsets)]
    np.testing.assert_array_equal(model.log_scores(ids, offsets), np.concatenate(alone))


def test_generation_follows_the_model():
    model = MaximumLikelihood()(NGramTable.count([0, 1, 2, 1, 0, 2], [0, 3, 6], 3, 3))
    words = model.generate([0], end=2, seed=1)
    drawn = [next(words) for _ in range(2000)]
    assert drawn[:2] == [1, 2]  # from the prompt on there is no choice
    sentences = {tuple(drawn[k : k + 3]) for k in range(2, 1998, 3)}
    assert sentences == {(0, 1, 2), (1, 0, 2)}  # and after the end a sentence starts
    again = model.generate([0], end=2, seed=1)
    assert [next(again) for _ in range(2000)] == drawn
    other = model.generate([0], end=2, seed=2)
    assert [next(other) for _ in range(2000)] != drawn
    after_end = model.generate([0, 1, 2, 1], end=2, sampling=Sampling(temperature=0.1))
    assert [next(after_end), next(after_end)] == [0, 2]


def test_generation_refuses_words_it_does_not_know():
    model = AddK()(NGramTable.count([0, 1], [0, 2], 2, 2))
    with pytest.raises(BadInput, match="ids from 2 to 2: the vocabulary's are 0 to 1"):
        model.generate([2])


def test_stupid_back_off_has_no_perplexity():
    model = StupidBackoff()(NGramTable.count([0, 1], [0, 2], 2, 2))
    with pytest.raises(BadInput, match="do not sum to one, so it has no perplexity"):
        model.perplexity([0], [0, 1])


def test_bytes(text):
    model = WittenBell()(NGramTable.count(*text(0), 9, 4))
    inner, leaves = model.levels[4], model.levels[5] - model.levels[4]
    assert model.bytes_per_ngram * (inner + leaves - 1) == 20 * inner + 8 * leaves + 4
