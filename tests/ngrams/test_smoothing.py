"""Each smoothing against its definition, taken literally, and against nltk."""

from collections import Counter
from itertools import product

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
from embedlab.ngrams.smoothing import Level

START = -1


class Plain:
    """Definitions by recursion over a dictionary of counts; ``words`` in the vocabulary."""

    def __init__(self, counts, words, order):
        self.counts, self.words, self.order = counts, words, order
        self.before = Counter(ngram[1:] for ngram in counts if len(ngram) > 1)  # different words before an n-gram

    def after(self, context, counts=None):
        counts = self.counts if counts is None else counts
        return {w: counts[*context, w] for w in range(self.words) if counts.get((*context, w))}

    def maximum_likelihood(self, context, word):
        seen = self.after(context)
        return seen.get(word, 0) / sum(seen.values()) if seen else self.maximum_likelihood(context[1:], word)

    def add_k(self, k, context, word):
        seen = self.after(context)
        return (seen.get(word, 0) + k) / (sum(seen.values()) + k * self.words)

    def interpolated(self, parts, context, word, counts=None):
        seen = self.after(context, counts(context) if counts else None)
        lower = self.interpolated(parts, context[1:], word, counts) if context else 1 / self.words
        if not seen:
            return lower
        discounted, rest = parts(context, seen, word)
        return discounted + rest * lower

    def witten_bell(self, context, word):
        def parts(_, seen, word):
            whole = sum(seen.values()) + len(seen)
            return seen.get(word, 0) / whole, len(seen) / whole

        return self.interpolated(parts, context, word)

    def jelinek_mercer(self, weights, context, word):
        def parts(context, seen, word):
            total = sum(seen.values())
            row = weights[len(context)]
            weight = row[min(int(np.log2(total)), len(row) - 1)]
            return weight * seen.get(word, 0) / total, 1 - weight

        return self.interpolated(parts, context, word)

    def adjusted(self, size):
        """Counts of n-grams of a size for Kneser–Ney."""
        own = {ngram: count for ngram, count in self.counts.items() if len(ngram) == size}
        return own if size == self.order else {ngram: self.before[ngram] or count for ngram, count in own.items()}

    def kneser_ney(self, discounts, context, word):
        """Of a table ``discounts[size][count]``."""

        def parts(context, seen, word):
            of = discounts[len(context) + 1]
            taken = {w: of[min(count, 3)] for w, count in seen.items()}
            total = sum(seen.values())
            return (seen.get(word, 0) - taken.get(word, 0)) / total, sum(taken.values()) / total

        return self.interpolated(parts, context, word, counts=lambda context: self.adjusted(len(context) + 1))

    def katz(self, k, context, word, min_count=1):
        if not context and not self.counts.get((word,)):
            return self.katz_left(k, context, min_count) / (self.words - len(self.after(context)))
        if not self.after(context):
            return self.katz(k, context[1:], word, min_count)
        seen = self.katz_seen(k, context, min_count)
        if word in seen:
            return seen[word]
        lower = sum(self.katz(k, context[1:], other, min_count) for other in seen)
        return self.katz_left(k, context, min_count) * self.katz(k, context[1:], word, min_count) / (1 - lower)

    def katz_left(self, k, context, min_count):
        return 1 - sum(self.katz_seen(k, context, min_count).values())

    def katz_seen(self, k, context, min_count):
        n = Counter(count for ngram, count in self.counts.items() if len(ngram) == len(context) + 1)
        discounts = {}
        common = (k + 1) * n[k + 1] / n[1] if n[1] else 1
        for r in range(1, k + 1):
            discount = ((r + 1) * n[r + 1] / n[r] / r - common) / (1 - common) if n[r] and common < 1 else 1
            discounts[r] = discount if 0 < discount <= 1 else 1
        total = sum(self.after(context).values())
        seen = {w: count for w, count in self.after(context).items() if count >= min_count or len(context) < 2}
        kept = {w: count * discounts.get(count, 1) for w, count in seen.items()}
        if len(seen) == self.words:
            return {w: count / total for w, count in seen.items()}
        if sum(kept.values()) >= total * (1 - 1e-9):
            return {w: count / (total + 1) for w, count in seen.items()}
        return {w: count / total for w, count in kept.items()}

    def stupid(self, alpha, context, word):
        seen = self.after(context)
        if word in seen:
            return seen[word] / sum(seen.values())
        return alpha * self.stupid(alpha, context[1:], word) if context else 0.0


def compare(smoothing, definition, text, plain, order, seeds=((0, 9, 300), (1, 5, 40), (2, 3, 600))):
    """All words after all contexts of full length, and after those that begin with the start of a sentence.

    Args:
        definition: of a Plain, a context and a word.
    """
    for seed, words, length in seeds:
        ids, offsets = text(seed, words, length)
        model = smoothing(NGramTable.count(ids, offsets, words, order))
        reference = Plain(plain(ids, offsets, order), words, order)
        for size in range(order):
            for context in product(range(words), repeat=size):
                texts = np.array([[*context, word] for word in range(words)])
                found = model.log_scores(texts.ravel(), np.arange(words + 1) * (size + 1)).reshape(texts.shape)[:, -1]
                full = (START, *context) if size < order - 1 else context
                expected = [definition(reference, full, word) for word in range(words)]
                np.testing.assert_allclose(np.exp(found), expected, rtol=3e-6, atol=1e-12, err_msg=str(full))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_maximum_likelihood(text, plain, order):
    compare(MaximumLikelihood(), Plain.maximum_likelihood, text, plain, order)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_add_k(text, plain, order):
    compare(AddK(0.3), lambda p, c, w: p.add_k(0.3, c, w), text, plain, order)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_witten_bell(text, plain, order):
    compare(WittenBell(), Plain.witten_bell, text, plain, order)


@pytest.mark.parametrize("weights", [[0.9, 0.5, 0.3], [[0.9, 0.8], [0.2, 0.7], [0.4, 0.5]], [[1, 1], [1, 0.5], [0, 1]]])
def test_jelinek_mercer(text, plain, weights):
    rows = np.reshape(weights, (3, -1))
    compare(JelinekMercer(weights), lambda p, c, w: p.jelinek_mercer(rows, c, w), text, plain, 3)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_kneser_ney(text, plain, order):
    def definition(p, context, word):
        discounts = {}
        for size in range(1, order + 1):
            n = Counter(p.adjusted(size).values())
            discounts[size] = [0] + 3 * [n[1] / (n[1] + 2 * n[2]) if n[1] and n[2] else 0.5]
        return p.kneser_ney(discounts, context, word)

    compare(KneserNey(), definition, text, plain, order)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_modified_kneser_ney(text, plain, order):
    def definition(p, context, word):
        discounts = {}
        for size in range(1, order + 1):
            n = Counter(p.adjusted(size).values())
            if n[1] and n[2] and n[3]:
                y = n[1] / (n[1] + 2 * n[2])
                own = [1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
            if not (n[1] and n[2] and n[3] and all(0 <= d <= i for i, d in enumerate(own, 1))):
                own = [0.5, 1, 1.5]
            discounts[size] = [0, *own]
        return p.kneser_ney(discounts, context, word)

    compare(ModifiedKneserNey(), definition, text, plain, order)


@pytest.mark.parametrize(
    ("order", "k", "min_count"), [(1, 5, 1), (2, 5, 2), (3, 5, 1), (3, 1, 1), (3, 5, 2), (3, 1, 3)]
)
def test_katz(text, plain, order, k, min_count):
    seeds = ((0, 7, 300), (1, 5, 40), (2, 3, 600))
    compare(Katz(k, min_count), lambda p, c, w: p.katz(k, c, w, min_count), text, plain, order, seeds)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_stupid_back_off(text, plain, order):
    compare(StupidBackoff(0.3), lambda p, c, w: p.stupid(0.3, c, w), text, plain, order)


def test_kneser_ney_by_hand():
    """``a b`` twice and ``c b``: b follows two words, a and c the start alone; so of 4 bigrams half end in b."""
    table = NGramTable.count([0, 1, 0, 1, 2, 1], [0, 2, 4, 6], 3, 2)
    model = KneserNey([0.5, 0.5])(table)
    unigram = np.array([0.5, 1.5, 0.5]) / 4 + 3 * 0.5 / 4 / 3
    np.testing.assert_allclose(model.distribution(0), unigram, rtol=1e-6)
    after_start = np.array([1.5, 0, 0.5]) / 3 + 2 * 0.5 / 3 * unigram
    np.testing.assert_allclose(model.distribution(model.state([])), after_start, rtol=1e-6)
    np.testing.assert_allclose(
        model.distribution(model.state([0])), np.array([0, 1.5, 0]) / 2 + 0.25 * unigram, rtol=1e-6
    )


def test_scaled_scores_are_the_scores_over_their_sums(text):
    table = NGramTable.count(*text(0), 9, 4)
    scores, scaled = StupidBackoff(0.3)(table), StupidBackoff(0.3, scaled=True)(table)
    for context in product(range(9), repeat=3):
        state = scaled.state(context)
        np.testing.assert_allclose(scaled.distribution(state), scores.distribution(state), rtol=1e-5)
    assert scaled.perplexity(*text(1)) < np.inf
    assert (scaled.probabilities, scores.probabilities) == (True, False)


def test_estimated_discounts():
    """Chen and Goodman's formulas for n = 10, 4, 2, 1: Y = 10/18."""
    modified, plain = ModifiedKneserNey(), KneserNey()
    y = 10 / 18
    n = np.array([10, 4, 2, 1])
    np.testing.assert_allclose(modified.estimate(n), [1 - 2 * y * 0.4, 2 - 3 * y * 0.5, 3 - 4 * y * 0.5])
    np.testing.assert_allclose(plain.estimate(n), [y, y, y])
    for n in ([0, 4, 2, 1], [10, 0, 2, 1], [10, 4, 0, 1], [10, 4, 40, 1]):
        np.testing.assert_allclose(modified.estimate(np.array(n)), [0.5, 1, 1.5])
    np.testing.assert_allclose(plain.estimate(np.array([10, 0, 1, 1])), 0.5)


def test_good_turing_discounts():
    """n = 100, 30, 12, 4 and k = 3: A = 4 · 4 / 100; d(1) = (0.6 − A) / (1 − A) and so on."""
    counts = np.repeat([1, 2, 3, 4, 9], [100, 30, 12, 4, 7])
    level = Level(2, True, 200, counts, np.zeros(len(counts), np.int32), counts.sum()[None], np.array([len(counts)]), 1)
    r_stars = np.array([2 * 30 / 100, 3 * 12 / 30 / 2, 4 * 4 / 12 / 3])
    np.testing.assert_allclose(Katz(3).discounts_of(level), (r_stars - 0.16) / 0.84)
    np.testing.assert_allclose(Katz(5).discounts_of(level)[3:], 1)  # none occur five times


def test_fitting_by_hand():
    """A text ``a b``, held out ``a a b b``: of order 1 with λ, p(a) = p(b) = 1/2 whichever; of order 2, after the start
    ``a`` is sure, after ``a`` ``b`` is; so λ of order 2 is that of ``b`` after ``a``, against ``a``."""
    table = NGramTable.count([0, 1], [0, 2], 2, 2)
    smoothing = JelinekMercer(buckets=1, iterations=200)
    smoothing.fit(table, [0, 0, 0, 0, 1, 0, 1], [0, 1, 3, 5, 7])
    # After the start a, 4 times; after a: a once and b twice: maximise 6 log(λ + (1−λ)/2) + log((1−λ)/2).
    assert smoothing.weights[1, 0] == pytest.approx(5 / 7, abs=1e-6)
    given = JelinekMercer([0.2, 0.4])
    given.fit(table, [0, 0, 0, 0, 1, 0, 1], [0, 1, 3, 5, 7])
    assert given.weights.tolist() == [[0.2], [0.4]]  # not learned
    best = smoothing(table).perplexity([0, 0, 0, 0, 1, 0, 1], [0, 1, 3, 5, 7])
    assert best == pytest.approx(((6 / 7) ** 6 / 7) ** (-1 / 7), rel=1e-6)


def test_fitted_weights_are_the_best(text):
    """Of a text in which the word before often tells the next, and the two before more often."""
    ids, offsets = text(3, 9, 3000)
    draw = np.random.default_rng(3)
    for i in range(2, len(ids)):
        ids[i] = draw.choice([ids[i], (2 * ids[i - 1] + 1) % 8, (ids[i - 1] + ids[i - 2]) % 8], p=[0.5, 0.2, 0.3])
    half = len(offsets) // 2
    table = NGramTable.count(ids[: offsets[half]], offsets[: half + 1], 9, 3)
    held_out = ids[offsets[half] :], offsets[half:] - offsets[half]
    smoothing = JelinekMercer(buckets=2, iterations=1000)
    smoothing.fit(table, *held_out)
    best = smoothing(table).perplexity(*held_out)
    for order, bucket, change in product(range(3), range(2), (-0.02, 0.02)):
        other = smoothing.weights.copy()
        other[order, bucket] = np.clip(other[order, bucket] + change, 0, 1)
        assert JelinekMercer(other)(table).perplexity(*held_out) >= best * (1 - 1e-6)


def test_weights_go_with_the_orders():
    table = NGramTable.count([0, 1], [0, 2], 2, 3)
    with pytest.raises(BadInput, match="needs weights, or held-out text"):
        JelinekMercer()(table)
    with pytest.raises(BadInput, match="weights for 2 orders, but none for order 3"):
        JelinekMercer([0.5, 0.5])(table)
    with pytest.raises(BadInput, match="discounts for 1 orders, but none for order 2"):
        KneserNey([0.5])(table)
    with pytest.raises(BadInput, match="no held-out text"):
        JelinekMercer().fit(table, [], [0])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: AddK(0), "k=0: it must be above zero"),
        (lambda: JelinekMercer([1.2]), r"weights=\[1.2\]: each order has a weight of 0 to 1"),
        (lambda: JelinekMercer([]), "weights="),
        (lambda: JelinekMercer(buckets=0), "buckets=0"),
        (lambda: KneserNey([1.1]), r"discounts=\[1.1\]: each order has one, of 0 to 1"),
        (lambda: ModifiedKneserNey([[0.5, 1]]), "each order has three"),
        (lambda: ModifiedKneserNey([[0.5, 1, 3.5]]), "of 0 to 1, 0 to 2 and 0 to 3"),
        (lambda: Katz(0), "k=0, min_count=1: both are at least 1"),
        (lambda: StupidBackoff(0), "alpha=0"),
    ],
)
def test_what_is_refused(make, said):
    with pytest.raises(BadInput, match=said):
        make()


def nltk_model(kind, ids, offsets, words, order, **options):
    """nltk's, of the same n-grams: with one start of a sentence, which is predicted nowhere."""
    lm = pytest.importorskip("nltk.lm")
    names = ["<s>", *map(str, range(words))]
    model = getattr(lm, kind)(order=order, **options)
    sentences = np.split(ids + 1, offsets[1:-1])
    padded = [[names[0], *(names[k] for k in sentence)] for sentence in sentences]
    ngrams = [
        tuple(row[last - size + 1 : last + 1])
        for row in padded
        for last in range(1, len(row))
        for size in range(1, min(order, last + 1) + 1)
    ]
    model.fit([ngrams], vocabulary_text=names)
    return model


def full_contexts(words, order):
    """Contexts of full length, and those from the start of a sentence that are."""
    return [
        *product(range(words), repeat=order - 1), *((START, *rest) for rest in product(range(words), repeat=order - 2))
    ]  # fmt: skip


def ours_after(model, context):
    return model.distribution(
        model.state(context[1:] if context[0] == START else context, None if context[0] == START else 0)
    )


def named(context):
    return ["<s>" if word == START else str(word) for word in context]


def test_lidstone_of_nltk(text):
    """Its vocabulary has two words more, the start of a sentence and the unknown, so ours is given two more."""
    ids, offsets = text(0, 6, 400)
    theirs = nltk_model("Lidstone", ids, offsets, 6, 3, gamma=0.5)
    ours = AddK(0.5)(NGramTable.count(ids, offsets, 8, 3))
    for context in full_contexts(6, 3):
        expected = [theirs.score(str(word), named(context)) for word in range(6)]
        np.testing.assert_allclose(ours_after(ours, context)[:6], expected, rtol=1e-6)


def test_kneser_ney_of_nltk(text):
    """Its single words are not discounted, and in the orders between it has no counts after a bare start, so there
    is nothing to compare; all else is equal."""
    ids, offsets = text(0, 6, 400)
    theirs = nltk_model("KneserNeyInterpolated", ids, offsets, 6, 3, discount=0.7)
    ours = KneserNey([0, 0.7, 0.7])(NGramTable.count(ids, offsets, 6, 3))
    for context in full_contexts(6, 3):
        expected = [theirs.score(str(word), named(context)) for word in range(6)]
        np.testing.assert_allclose(ours_after(ours, context), expected, rtol=1e-6, atol=1e-12)


def test_witten_bell_of_nltk(text):
    """Its single words are not interpolated with 1 / V: so what stands before the interpolation is compared."""
    ids, offsets = text(0, 6, 400)
    theirs = nltk_model("WittenBellInterpolated", ids, offsets, 6, 2)
    ours = WittenBell()(NGramTable.count(ids, offsets, 6, 2))
    lower, their_lower = ours.distribution(0), np.array([theirs.score(str(word)) for word in range(6)])
    for context in full_contexts(6, 2):
        _, rest = theirs.estimator.alpha_gamma("0", tuple(named(context))) if theirs.counts[named(context)] else (0, 1)
        expected = np.array([theirs.score(str(word), named(context)) for word in range(6)])
        np.testing.assert_allclose(ours_after(ours, context) - rest * lower, expected - rest * their_lower, atol=1e-7)


def test_maximum_likelihood_and_stupid_back_off_of_nltk(text):
    ids, offsets = text(0, 6, 400)
    table = NGramTable.count(ids, offsets, 6, 3)
    likelihood, stupid = MaximumLikelihood()(table), StupidBackoff(0.4)(table)
    theirs, their_stupid = (nltk_model(kind, ids, offsets, 6, 3) for kind in ("MLE", "StupidBackoff"))
    for context in product(range(6), repeat=2):
        rows = np.array([[*context, word] for word in range(6)]).ravel()
        found = np.exp(stupid.log_scores(np.concatenate([rows]), np.arange(7) * 3).reshape(6, 3)[:, -1])
        expected = [their_stupid.score(str(word), named(context)) for word in range(6)]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)
        if theirs.counts[named(context)]:
            expected = [theirs.score(str(word), named(context)) for word in range(6)]
            np.testing.assert_allclose(ours_after(likelihood, context), expected, rtol=1e-6, atol=1e-12)
