import numpy as np
import pytest

from embedlab.errors import BadInput
from embedlab.vectors import WordVectors

SQUARE = WordVectors(["east", "north", "west", "northeast", "nowhere"], np.array(
    [[2, 0], [0, 3], [-1, 0], [1, 1], [0, 0]], float
))  # fmt: skip


@pytest.fixture(scope="module")
def pair():
    """The same random vectors of 500 words here and in gensim."""
    keyed = pytest.importorskip("gensim.models").KeyedVectors(20)
    rng = np.random.default_rng(0)
    words, rows = [f"w{n}" for n in range(500)], rng.normal(size=(500, 20)).astype(np.float32)
    keyed.add_vectors(words, rows)
    return WordVectors(words, rows), keyed


def test_cosines_of_a_compass():
    assert SQUARE.similarity("east", "north") == 0
    assert SQUARE.similarity("east", "west") == -1
    assert SQUARE.similarity("east", "nowhere") == 0
    assert SQUARE.most_similar("east", topn=2) == [("northeast", pytest.approx(0.5**0.5)), ("north", 0)]
    assert SQUARE.most_similar(["east", "north"], topn=1) == [("northeast", pytest.approx(1))]
    assert SQUARE.analogy("east", "northeast", "north", topn=1) == [("west", pytest.approx(0.1691, abs=1e-4))]
    assert SQUARE.doesnt_match(["east", "northeast", "west", "unheard"]) == "west"
    assert SQUARE.most_similar("east", restrict_vocab=2) == [("north", 0)]
    np.testing.assert_array_equal(SQUARE[["north", "east"]], [[0, 3], [2, 0]])


def test_what_it_holds():
    assert (len(SQUARE), SQUARE.vector_size) == (5, 2)
    assert SQUARE.key_to_index["west"] == 2
    assert SQUARE.index_to_key[2] == "west"
    assert "west" in SQUARE
    assert "unheard" not in SQUARE


def test_an_unknown_word_is_refused_with_the_nearest_spelling():
    for wrong, meant in (("nrth", "north"), ("West", "west")):
        with pytest.raises(BadInput, match=f"'{wrong}' is not among the 5 words; '{meant}' is"):
            SQUARE[wrong]
    with pytest.raises(BadInput, match=r"'zzz' is not among the 5 words$"):
        SQUARE.most_similar(["east", "zzz"])


def test_a_word_without_a_tag_stands_for_the_most_frequent_it_may_mean():
    tagged = WordVectors(["печь_VERB", "печь_NOUN", "хлеб_NOUN"], np.array([[1.0, 0], [0, 1], [1, 1]]))
    assert tagged["печь"].tolist() == tagged["печь_VERB"].tolist() == [1, 0]
    assert tagged["печь_NOUN"].tolist() == [0, 1]
    assert "хлеб" in tagged
    assert tagged.most_similar("печь", topn=5) == [("хлеб_NOUN", pytest.approx(0.5**0.5)), ("печь_NOUN", 0)]
    assert tagged.similarity("печь", "хлеб") == pytest.approx(0.5**0.5)
    with pytest.raises(BadInput, match="'хлб' is not among the 3 words; 'хлеб' is"):
        tagged["хлб"]
    with pytest.raises(BadInput, match="'печь' is not among"):
        WordVectors(["печь_NOUN", "хлеб", "мука"], np.eye(3))["печь"]  # most words have no tag


def test_subwords_give_unseen_words_a_vector(with_subwords):
    rows = with_subwords.subwords.rows("runnin")
    np.testing.assert_allclose(with_subwords["runnin"], with_subwords.subwords.ngrams[rows].mean(0), rtol=1e-6)
    assert "runnin" in with_subwords
    assert with_subwords.most_similar("runnin", topn=3)
    assert "runnin" not in with_subwords.key_to_index


@pytest.mark.parametrize(
    ("words", "rows", "more", "complaint"),
    [
        ([], np.empty((0, 2)), {}, "no words"),
        (["a", "a"], np.eye(2), {}, "'a' comes twice"),
        (["a", "b"], np.eye(3), {}, r"2 words, but vectors \(3, 3\)"),
        (["a"], np.array([[1, np.nan]]), {}, r"the vector of 'a' \(row 0\) holds NaN"),
        (["a", "b"], np.eye(2), {"counts": np.ones(3)}, "counts"),
        (["a", "b"], np.eye(2), {"outputs": np.eye(3)}, "outputs"),
    ],
)
def test_what_does_not_go_together_is_refused(words, rows, more, complaint):
    with pytest.raises(BadInput, match=complaint):
        WordVectors(words, rows, **more)


def test_equal_to_gensim(pair):
    ours, theirs = pair
    queries = [
        (["w3"], None), (["w3", "w7"], ["w1"]), (["w499"], ["w0", "w2"]), ([ours.vectors[5] * 2, "w9"], None),
    ]  # fmt: skip
    for positive, negative in queries:
        for restrict in (None, 100):
            same(
                ours.most_similar(positive, negative, 20, restrict),
                theirs.most_similar(positive, negative, 20, restrict_vocab=restrict),
            )
        same(ours.most_similar_cosmul(positive, negative, 20), theirs.most_similar_cosmul(positive, negative, 20))
    np.testing.assert_allclose(ours.most_similar("w3", topn=None), theirs.most_similar("w3", topn=None), atol=1e-6)
    assert ours.similarity("w1", "w2") == pytest.approx(float(theirs.similarity("w1", "w2")), abs=1e-6)
    for start in range(0, 100, 5):
        words = [f"w{n}" for n in range(start, start + 5)]
        assert ours.doesnt_match(words) == theirs.doesnt_match(words)


def same(found, expected):
    assert [word for word, _ in found] == [word for word, _ in expected]
    np.testing.assert_allclose([score for _, score in found], [score for _, score in expected], atol=1e-6)
