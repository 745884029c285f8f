"""All the tests of word vectors at once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.evaluation.contextual_similarity import ContextPairs, ContextualSimilarity, ContextualSimilarityResult
from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.word_analogies import Analogies, WordAnalogies, WordAnalogiesResult
from embedlab.evaluation.word_categories import CategorizedWords, WordCategories, WordCategoriesResult
from embedlab.evaluation.word_senses import SenseContexts, WordSenseInduction, WordSensesResult
from embedlab.evaluation.word_similarity import WordPairs, WordSimilarity, WordSimilarityResult
from embedlab.vectors.word_vectors import WordVectors

WordSet = WordPairs | Analogies | CategorizedWords | SenseContexts | ContextPairs
WordResult = (
    WordSimilarityResult | WordAnalogiesResult | WordCategoriesResult | WordSensesResult | ContextualSimilarityResult
)


def word_results(
    vectors: WordVectors,
    sets: Mapping[str, WordSet],
    similarity: WordSimilarity = WordSimilarity(),  # noqa: B008 - frozen
    analogies: WordAnalogies = WordAnalogies(),  # noqa: B008
    categories: WordCategories = WordCategories(),  # noqa: B008
    senses: WordSenseInduction = WordSenseInduction(),  # noqa: B008
    contexts: ContextualSimilarity = ContextualSimilarity(),  # noqa: B008
) -> dict[str, WordResult]:
    """The result of every set, by its name.

    Args:
        vectors: what to evaluate.
        sets: by name, from :mod:`embedlab.data.word_sets`.
        similarity, analogies, categories, senses, contexts: the protocol of each kind of set.

    Raises:
        BadInput: a set for senses, and vectors that are one a word.
    """
    return {
        name: (
            similarity(vectors, items) if isinstance(items, WordPairs)
            else analogies(vectors, items) if isinstance(items, Analogies)
            else senses(vectors, items) if isinstance(items, SenseContexts)
            else contexts(vectors, items) if isinstance(items, ContextPairs)
            else categories(vectors, items)
        )
        for name, items in sets.items()
    }  # fmt: skip


def named_metrics(results: Mapping[str, WordResult]) -> dict[str, Estimate]:
    """Every metric by ``SET_METRIC``: ``ws353_spearman``, ``google_analogies_3cosadd``, ``men_coverage``, …"""
    return {f"{name}_{key}": value for name, result in results.items() for key, value in result.metrics().items()}


def evaluate_words(vectors: WordVectors, sets: Mapping[str, WordSet], **protocols: Any) -> dict[str, Estimate]:
    """Every metric of every set, named as by :func:`named_metrics`; arguments as of :func:`word_results`."""
    return named_metrics(word_results(vectors, sets, **protocols))


def analogy_arrays(results: Mapping[str, WordResult]) -> dict[str, NDArray[Any]]:
    """What a report says of the sections of all sets of analogies, S of them in all; empty without such a set.

    Arrays ``analogy_set`` and ``analogy_section``, names ``(S,)``; ``analogy_asked`` and ``analogy_counted``, questions
    ``(S,)``; for each method ``analogy_3cosadd`` and ``analogy_3cosmul`` ``(S, 3)``: accuracy and its interval, NaN
    where there are none.
    """
    rows: list[tuple[Any, ...]] = []
    methods = sorted({method for result in _of_analogies(results).values() for method in result.correct})
    for name, result in _of_analogies(results).items():
        found = {method: result.by_section(method) for method in result.correct}
        counted = np.bincount(result.section, minlength=len(result.names))
        for number, section in enumerate(result.names):
            estimates = [found.get(method, {}).get(section, Estimate(np.nan)) for method in methods]
            triples = [[np.nan if x is None else x for x in (e.value, e.low, e.high)] for e in estimates]
            rows.append((name, section, result.asked[number], counted[number], *triples))
    if not rows:
        return {}
    names = ["set", "section", "asked", "counted", *methods]
    return {f"analogy_{name}": np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _of_analogies(results: Mapping[str, WordResult]) -> dict[str, WordAnalogiesResult]:
    return {name: result for name, result in results.items() if isinstance(result, WordAnalogiesResult)}
