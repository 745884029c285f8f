import numpy as np

from embedlab.vectors import SubwordVectors


def test_a_known_word_is_the_mean_of_its_row_and_its_ngrams(with_subwords):
    subwords = with_subwords.subwords
    for row, word in enumerate(with_subwords.index_to_key):
        parts = np.vstack([subwords.words[row], subwords.ngrams[subwords.rows(word)]])
        np.testing.assert_allclose(with_subwords[word], parts.mean(0), rtol=1e-5, atol=1e-6)


def test_the_end_of_a_sentence_has_no_ngrams(with_subwords):
    assert with_subwords.subwords.rows("</s>").size == 0
    np.testing.assert_array_equal(with_subwords["</s>"], with_subwords.subwords.words[-1])


def test_words_too_short_for_an_ngram():
    rng = np.random.default_rng(0)
    own, ngrams = rng.normal(size=(3, 2)).astype(np.float32), rng.normal(size=(10, 2)).astype(np.float32)
    subwords = SubwordVectors(own, ngrams, 5, 6)
    vectors = subwords.of_words(["a", "abcd", "b"])  # <a> has three characters
    np.testing.assert_array_equal(vectors[[0, 2]], own[[0, 2]])
    rows = subwords.rows("abcd")
    assert len(rows) == 3  # <abcd, abcd>, <abcd>
    np.testing.assert_allclose(vectors[1], (own[1] + ngrams[rows].sum(0)) / 4, rtol=1e-6)
    assert subwords.of_unseen("x") is None
