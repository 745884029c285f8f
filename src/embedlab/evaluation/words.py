"""All the tests of word vectors at once."""

from collections.abc import Mapping

from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.word_analogies import Analogies, WordAnalogies
from embedlab.evaluation.word_categories import CategorizedWords, WordCategories
from embedlab.evaluation.word_similarity import WordPairs, WordSimilarity
from embedlab.vectors.word_vectors import WordVectors

WordSet = WordPairs | Analogies | CategorizedWords


def evaluate_words(
    vectors: WordVectors,
    sets: Mapping[str, WordSet],
    similarity: WordSimilarity = WordSimilarity(),  # noqa: B008 - frozen
    analogies: WordAnalogies = WordAnalogies(),  # noqa: B008
    categories: WordCategories = WordCategories(),  # noqa: B008
) -> dict[str, Estimate]:
    """Every metric by ``SET_METRIC``: ``ws353_spearman``, ``google_analogies_3cosadd``, ``men_coverage``, …

    Args:
        vectors: what to evaluate.
        sets: by name, from :mod:`embedlab.data.word_sets`.
        similarity, analogies, categories: the protocol of each kind of set.
    """
    found: dict[str, Estimate] = {}
    for name, items in sets.items():
        result = (
            similarity(vectors, items) if isinstance(items, WordPairs)
            else analogies(vectors, items) if isinstance(items, Analogies)
            else categories(vectors, items)
        )  # fmt: skip
        found |= {f"{name}_{metric}": estimate for metric, estimate in result.metrics().items()}
    return found
