import logging

import numpy as np
import pytest
from scipy import sparse

from embedlab.errors import BadInput
from embedlab.evaluation.word_examples import WordExamples, content_words
from embedlab.vectors import SubwordVectors, WordVectors

WORDS = ["the", "King", "queen", "France", "paris", "italy", "rome", "japan", "tokyo", "czech", "currency", "koruna"]
ROWS = np.eye(12)
ROWS[11, 9:11] = 1  # koruna
VECTORS = WordVectors(WORDS, ROWS + 0.01)


def test_common_words_first_then_frequent_ones_then_sums():
    found = WordExamples(neighbours=2)(VECTORS)
    assert found["queries"].tolist()[:2] == ["King", "France"]
    assert set(found["queries"][2:10]) <= set(WORDS)
    assert found["queries"].tolist()[10:] == ["czech + currency"]
    expected = VECTORS.most_similar(["czech", "currency"], topn=2)
    assert expected[0][0] == "koruna"
    assert list(zip(found["neighbours"][10], found["neighbour_cosines"][10], strict=True)) == [
        (word, pytest.approx(cosine)) for word, cosine in expected
    ]


def test_relations_are_of_the_pairs_that_are_known():
    found = WordExamples()(VECTORS)
    assert found["relation_titles"].tolist() == ["country – capital"]
    assert found["relation_pairs"].tolist() == [["France", "paris"], ["italy", "rome"], ["japan", "tokyo"]]
    assert found["relation"].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(found["relation_vectors"][1], VECTORS[["italy", "rome"]])
    few = WordExamples(relations={"two": [["italy", "rome"], ["japan", "tokyo"]]})(VECTORS)
    assert not any(name.startswith("relation") for name in few)


def test_sparse_vectors_are_shown_by_their_main_directions():
    found = WordExamples()(WordVectors(WORDS, sparse.csr_matrix(ROWS)))
    relations, words = found["relation_vectors"], found["map_vectors"]
    assert relations.shape == (3, 2, 6)  # six rows have no more directions
    flat = relations.reshape(6, 6)
    np.testing.assert_allclose(flat @ flat.T, np.eye(6), atol=1e-5)  # so nothing is lost
    np.testing.assert_allclose(words @ words.T, ROWS @ ROWS.T, atol=1e-5)
    assert words.dtype == np.float32


def test_what_the_user_asks_for(caplog):
    caplog.set_level(logging.WARNING)
    chosen = WordExamples(queries=["queen", "kwean"], sums=[["paris", "italy"], ["paris", "itly"]], map_words=3)
    found = chosen(VECTORS)
    assert found["queries"].tolist() == ["queen", "paris + italy"]
    assert found["map_words"].tolist() == ["the", "King", "queen"]
    np.testing.assert_array_equal(found["map_vectors"], VECTORS.vectors[:3])
    assert "not among the words, left out: itly, kwean" in caplog.text
    assert set(WordExamples(queries=[], sums=[], relations={}, map_words=0)(VECTORS)) == set()


def test_subwords_answer_a_query_of_an_unseen_word():
    parts = SubwordVectors(np.eye(12, dtype=np.float32), np.random.default_rng(0).normal(size=(50, 12)), 3, 4)
    vectors = WordVectors(WORDS, parts.of_words(WORDS), subwords=parts)
    found = WordExamples(queries=["runnin"], sums=[])(vectors)
    assert found["queries"].tolist() == ["runnin"]


def test_content_words_of_a_large_vocabulary():
    words = [f"w{n}" for n in range(100)] + ["the", "river", "1984", "music"] + [f"x{n}" for n in range(1000)]
    assert content_words(words, 9) == [101, 103]
    tagged = ["в_ADP", "река_NOUN", "который_PRON", "бежать_VERB"] + [f"w{n}_X" for n in range(1000)]
    assert content_words(tagged, 9) == [1, 3]
    assert content_words(words[:50], 3) == [0, 1, 2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"map_words": 501}, "a map shows 0 to 500 words"),
        ({"neighbours": 0}, "at least one"),
        ({"sums": ["czech currency"]}, r"sums: lists of words are expected, like \[\[czech,currency\]\]"),
        ({"relations": {"capitals": [["rome"]]}}, "capitals: lists of words"),
    ],
)
def test_bad_input(given, said):
    with pytest.raises(BadInput, match=said):
        WordExamples(**given)
