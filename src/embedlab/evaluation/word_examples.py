"""What a reader looks at beside the numbers: neighbours of words and of sums of words, a map, pairs in one relation."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.evaluation.word_lookup import WordLookup
from embedlab.text.morphology import split_tag
from embedlab.vectors.word_vectors import WordVectors

log = logging.getLogger(__name__)

MOST_ON_A_MAP = 500  # words; more are a cloud of dots
PAIRS, FEWEST_PAIRS = 12, 3  # of a relation
_DIRECTIONS = 100  # of sparse vectors that a picture is drawn from
_FUNCTION_WORDS = 100  # of the most frequent words of a text nearly all are such
_CONTENT = ("NOUN", "PROPN", "VERB", "ADJ", "ADV")

QUERIES = (
    "king", "france", "river", "music", "war", "water", "language", "blue", "seven", "quickly", "went",
    "король", "россия", "река", "музыка", "война", "вода", "язык",
)  # fmt: skip
MOST_QUERIES = 10
# The first five are those of Mikolov et al., "Distributed Representations of Words and Phrases", 2013, table 5.
SUMS = tuple(
    tuple(pair.split())
    for pair in (
        "czech currency", "vietnam capital", "german airlines", "russian river", "french actress", "чешский валюта",
        "россия столица", "немецкий город", "русский писатель",
    )
)  # fmt: skip
RELATIONS = {
    title: tuple(tuple(pair.split("-")) for pair in pairs.split())
    for title, pairs in {
        "country – capital": "france-paris italy-rome japan-tokyo russia-moscow germany-berlin spain-madrid "
        "china-beijing poland-warsaw greece-athens egypt-cairo england-london iran-tehran austria-vienna cuba-havana",
        "verb – past": "go-went see-saw take-took write-wrote sing-sang think-thought know-knew say-said "
        "walk-walked play-played move-moved die-died",
        "страна – столица": "франция-париж италия-рим япония-токио россия-москва германия-берлин испания-мадрид "
        "китай-пекин польша-варшава греция-афины англия-лондон украина-киев австрия-вена",
        "глагол – прошедшее время": "говорить-говорил думать-думал знать-знал видеть-видел писать-писал "
        "стоять-стоял жить-жил играть-играл читать-читал ждать-ждал",
    }.items()
}


@dataclass(frozen=True)
class WordExamples:
    """Examples from word vectors, as arrays that a report is made from; what is not among the words is left out.

    Args:
        queries: words whose neighbours are shown; None: the known ones of :data:`QUERIES`, with frequent words in the
            place of those that aren't known.
        sums: likewise, several words each, whose vectors at length 1 are added up; None: :data:`SUMS`.
        relations: pairs of words by the title of what joins them; None: :data:`RELATIONS`.
        neighbours: how many of each query.
        map_words: frequent words on the map, at most 500; 0: no map.

    Raises:
        BadInput: more words on the map; fewer than one neighbour.
    """

    queries: Sequence[str] | None = None
    sums: Sequence[Sequence[str]] | None = None
    relations: Mapping[str, Sequence[Sequence[str]]] | None = None
    neighbours: int = 8
    map_words: int = 300

    def __post_init__(self) -> None:
        if not 0 <= self.map_words <= MOST_ON_A_MAP:
            raise BadInput(f"task.examples.map_words={self.map_words}: a map shows 0 to {MOST_ON_A_MAP} words")
        if self.neighbours < 1:
            raise BadInput(f"task.examples.neighbours={self.neighbours}: at least one is shown")
        for name, parts in (("sums", self.sums or ()), *(self.relations or {}).items()):
            if any(isinstance(part, str) or len(part) < 2 for part in parts):
                raise BadInput(f"task.examples, {name}: lists of words are expected, like [[czech,currency]]")

    def __call__(self, vectors: WordVectors) -> dict[str, NDArray[Any]]:
        """Arrays by name, those of which there is nothing left out.

        ``queries`` ``(Q,)``, a sum as ``czech + currency``, ``neighbours`` ``(Q, k)`` and ``neighbour_cosines``;
        ``map_words`` ``(M,)``, the most frequent first, and ``map_vectors`` ``(M, D)``; ``relation_titles`` ``(R,)``,
        ``relation`` ``(P,)`` the title of each pair, ``relation_pairs`` ``(P, 2)``, ``relation_vectors``
        ``(P, 2, D)``.
        """
        lookup = WordLookup(vectors.index_to_key, None, case_fold=True)
        found = self._neighbours(vectors, lookup) | self._relations(vectors, lookup)
        if self.map_words:
            rows = content_words(vectors.index_to_key, self.map_words)
            found |= {"map_words": np.array([vectors.index_to_key[row] for row in rows])}
            found |= {"map_vectors": _dense(vectors, rows)}
        return found

    def _neighbours(self, vectors: WordVectors, lookup: WordLookup) -> dict[str, NDArray[Any]]:
        words = vectors.index_to_key
        asked = _known_queries(vectors, self.queries or (), self.sums or ())
        if self.queries is None:
            rows = dict.fromkeys(row for row in lookup(QUERIES).tolist() if row >= 0)
            rows |= dict.fromkeys(content_words(words, MOST_QUERIES))
            asked = [(words[row],) for row in list(rows)[:MOST_QUERIES]] + asked
        if self.sums is None:
            sums = [lookup(words_of).tolist() for words_of in SUMS]
            asked += [tuple(words[row] for row in rows) for rows in sums if min(rows) >= 0]
        k = min(self.neighbours, len(words) - max(map(len, asked), default=0))
        if not asked or k < 1:
            return {}
        found = [vectors.most_similar(list(query), topn=k) for query in asked]
        return {
            "queries": np.array([" + ".join(query) for query in asked]),
            "neighbours": np.array([[word for word, _ in near] for near in found]),
            "neighbour_cosines": np.array([[cosine for _, cosine in near] for near in found], np.float32),
        }

    def _relations(self, vectors: WordVectors, lookup: WordLookup) -> dict[str, NDArray[Any]]:
        rows: dict[str, list[list[int]]] = {}
        for title, pairs in (RELATIONS if self.relations is None else self.relations).items():
            known = [pair for pair in (lookup(words[:2]).tolist() for words in pairs) if min(pair) >= 0]
            if len(known) >= FEWEST_PAIRS:
                rows[title] = known[:PAIRS]
        if not rows:
            return {}
        all_rows = np.concatenate([np.array(of) for of in rows.values()])
        return {
            "relation_titles": np.array(list(rows)),
            "relation": np.repeat(np.arange(len(rows)), [len(of) for of in rows.values()]),
            "relation_pairs": np.array([[vectors.index_to_key[row] for row in pair] for pair in all_rows]),
            "relation_vectors": _dense(vectors, all_rows.ravel()).reshape(*all_rows.shape, -1),
        }


def _dense(vectors: WordVectors, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
    """Vectors of some rows ``(n, D)``; sparse ones, as long as there are words, by at most 100 main directions."""
    if not vectors.is_sparse:
        return vectors.vectors[rows]
    from sklearn.decomposition import TruncatedSVD

    found = vectors.vectors[rows]
    return TruncatedSVD(min(_DIRECTIONS, *found.shape), random_state=0).fit_transform(found).astype(np.float32)


def content_words(words: Sequence[str], most: int) -> list[int]:
    """Rows of frequent words that are likely to mean something by themselves.

    Of a small vocabulary any; of a large one words of four letters or more beyond the hundred most frequent; of tagged
    words nouns, verbs, adjectives and adverbs.

    Args:
        words: most frequent first.
        most: how many.
    """
    if len(words) < 10 * _FUNCTION_WORDS:
        return list(range(min(most, len(words))))
    rows: list[int] = []
    for row, word in enumerate(words):
        bare, tag = split_tag(word)
        if len(bare) > 3 and bare.isalpha() and (tag in _CONTENT if tag else row >= _FUNCTION_WORDS):
            rows.append(row)
            if len(rows) == most:
                break
    return rows or list(range(min(most, len(words))))


def _known_queries(
    vectors: WordVectors, queries: Sequence[str], sums: Sequence[Sequence[str]]
) -> list[tuple[str, ...]]:
    """Those of the user's queries whose words have vectors; the others are named in a warning."""
    asked: list[tuple[str, ...]] = [*((str(word),) for word in queries), *(tuple(map(str, words)) for words in sums)]
    unknown = sorted({word for query in asked for word in query if word not in vectors})
    if unknown:
        log.warning("task.examples: not among the words, left out: %s", ", ".join(unknown))
    return [query for query in asked if not set(query) & set(unknown)]
