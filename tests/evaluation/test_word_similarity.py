import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score

from embedlab.evaluation.word_similarity import WordPairs, WordSimilarity, average_precision, spearman
from embedlab.vectors import SubwordVectors, WordVectors

COMPASS = WordVectors(["east", "north", "west", "Northeast"], np.array([[1, 0], [0, 1], [-1, 0], [1, 1]], float))
PAIRS = WordPairs(
    ("east", "EAST", "east", "east", "east"), ("northeast", "north", "west", "up", "down"), np.array([9.0, 5, 1, 7, 2])
)


def test_pairs_ranked_as_people_do():
    result = WordSimilarity()(COMPASS, PAIRS)
    np.testing.assert_allclose(result.similarities, [0.5**0.5, 0, -1], atol=1e-7)
    assert result.metrics()["spearman"].value == pytest.approx(1)
    assert result.metrics()["coverage"].value == pytest.approx(3 / 5)


def test_unknown_words_as_zero():
    result = WordSimilarity(unknown="zero")(COMPASS, PAIRS)
    assert result.similarities[3:].tolist() == [0, 0]
    assert result.metrics()["spearman"].value == pytest.approx(spearmanr([0.5**0.5, 0, -1, 0, 0], PAIRS.scores)[0])
    assert result.coverage == 3 / 5


def test_unknown_words_by_their_subwords():
    ngrams = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    subwords = SubwordVectors(COMPASS.vectors, ngrams, 3, 3)
    vectors = WordVectors(COMPASS.index_to_key, COMPASS.vectors, subwords=subwords)
    result = WordSimilarity(unknown="subwords")(vectors, PAIRS)
    assert result.coverage == 1
    assert result.similarities[3] == pytest.approx(vectors.similarity("east", "up"), abs=1e-6)


def test_case_and_vocabulary():
    assert WordSimilarity(case_fold=False)(COMPASS, PAIRS).coverage == pytest.approx(1 / 5)
    assert WordSimilarity(restrict_vocab=2)(COMPASS, PAIRS).coverage == pytest.approx(1 / 5)
    assert WordSimilarity(restrict_vocab=1)(COMPASS, PAIRS).metrics().keys() == {"coverage"}


@pytest.mark.parametrize("measure", [spearman, average_precision])
def test_a_resample_by_weights_is_the_resample_itself(measure):
    """With ties in both, and against scipy and scikit-learn on the drawn rows."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 30, 80)
    y = rng.integers(0, 2 if measure is average_precision else 10, 80)
    drawn = rng.integers(0, 80, 80)
    ours = measure(x, y, np.bincount(drawn, minlength=80).astype(float))
    expected = spearmanr(x[drawn], y[drawn])[0] if measure is spearman else average_precision_score(y[drawn], x[drawn])
    assert ours == pytest.approx(expected, abs=1e-12)


def test_the_interval_covers_as_it_says():
    """The correlation of 100 pairs drawn of two normal variables with known rank correlation, 100 times."""
    rng, rho = np.random.default_rng(0), 0.6
    truth = 6 / np.pi * np.arcsin(rho / 2)  # Spearman's of the bivariate normal
    inside = 0
    for seed in range(100):
        x, y = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 100).T
        angles = np.pi / 2 - np.arctan(x)  # cosines in the order of x
        rows = np.concatenate([[[1, 0]], np.stack([np.cos(angles / 2), np.sin(angles / 2)], 1)])
        vectors = WordVectors([str(n) for n in range(101)], rows)
        pairs = WordPairs(("0",) * 100, tuple(map(str, range(1, 101))), y)
        found = WordSimilarity(resamples=100, seed=seed)(vectors, pairs).agreement
        inside += found.low <= truth <= found.high
    assert 0.86 <= inside / 100 <= 0.99


def test_equal_to_gensim_on_the_real_sets(data_root, tmp_path):
    keyed_vectors = pytest.importorskip("gensim.models").KeyedVectors
    from embedlab.data.word_sets import FILES, read_word_set

    for name in ("ws353", "simlex999", "men", "rw"):
        pairs = read_word_set(name, data_root)
        words = list(dict.fromkeys([*sorted({*pairs.first, *pairs.second})[::2], "Tiger", "Love"]))
        rows = np.random.default_rng(0).normal(size=(len(words), 10)).astype(np.float32)
        keyed = keyed_vectors(10)
        keyed.add_vectors(words, rows)
        vectors = WordVectors(words, rows)
        (tmp_path / "pairs").write_bytes((data_root / FILES[name]).read_bytes().replace(b"\r", b""))
        for unknown in ("skip", "zero"):
            _, rank, missing = keyed.evaluate_word_pairs(str(tmp_path / "pairs"), dummy4unknown=unknown == "zero")
            ours = WordSimilarity(unknown, resamples=0)(vectors, pairs)
            assert ours.agreement.value == pytest.approx(rank[0], abs=1e-6)
            assert 1 - ours.coverage == pytest.approx(missing / 100 if unknown == "skip" else 1 - ours.coverage)


def test_pairs_related_or_not():
    pairs = WordPairs(("east",) * 3, ("northeast", "north", "west"), np.array([1.0, 0, 1]))
    assert pairs.yes_or_no
    result = WordSimilarity()(COMPASS, pairs)
    assert result.metrics()["average_precision"].value == pytest.approx((1 + 2 / 3) / 2)


def test_an_unknown_choice():
    with pytest.raises(ValueError, match="unknown=drop: one of skip, zero, subwords"):
        WordSimilarity(unknown="drop")
