import numpy as np

from embedlab.evaluation.word_analogies import Analogies, Question, WordAnalogies
from embedlab.evaluation.word_categories import CategorizedWords
from embedlab.evaluation.word_similarity import WordPairs
from embedlab.evaluation.words import evaluate_words
from embedlab.vectors import WordVectors


def test_every_kind_of_set_at_once():
    vectors = WordVectors(["a", "b", "c", "d"], np.array([[1, 0], [1, 1], [-1, 0.1], [-1, 1.1]]))
    sets = {
        "pairs": WordPairs(("a", "a", "a"), ("b", "c", "d"), np.array([3.0, 1, 2])),
        "related": WordPairs(("a", "a"), ("b", "c"), np.array([1.0, 0])),
        "questions": Analogies({"x": [Question("a", "b", "c", "d")]}),
        "kinds": CategorizedWords(("a", "b", "c", "d"), ("x", "x", "y", "y")),
    }
    found = evaluate_words(vectors, sets, analogies=WordAnalogies(methods=["3cosadd"]))
    assert {name: round(estimate.value, 6) for name, estimate in found.items()} == {
        "pairs_spearman": 1, "pairs_coverage": 1, "related_average_precision": 1, "related_coverage": 1,
        "questions_3cosadd": 1, "questions_coverage": 1, "kinds_purity": 1, "kinds_coverage": 1,
    }  # fmt: skip
