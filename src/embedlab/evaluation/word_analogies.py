"""Word analogies: a is to b as c is to what?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedlab.evaluation.intervals import mean_interval
from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.word_lookup import WordLookup
from embedlab.vectors.word_vectors import Matrix, WordVectors, products

_METHODS = ("3cosadd", "3cosmul")
_EPSILON = np.float32(1e-6)
_WORDS, _QUESTIONS = 4096, 256  # scores of a block are 4 MB: they stay in the cache


class Question(NamedTuple):
    """``a`` is to ``b`` as ``c`` is to ``d``."""

    a: str
    b: str
    c: str
    d: str


@dataclass(frozen=True)
class Analogies:
    """Questions by section.

    Attributes:
        sections: questions by the section's name, like ``capital-world``.
        syntactic: the sections that are about word forms; the others are about meaning.
    """

    sections: Mapping[str, Sequence[Question]]
    syntactic: frozenset[str] = frozenset()


@dataclass(frozen=True)
class WordAnalogiesResult:
    """Which questions were answered rightly.

    Attributes:
        correct: by method, ``(Q,)`` bool, of the questions that count.
        section: ``(Q,)`` the section of each, a place in ``names``.
        pair: ``(Q,)`` which questions share their ``a`` and ``b``.
        names: of all sections.
        syntactic: ``(sections,)`` bool.
        coverage: share of all questions whose four words are known.
        asked: ``(sections,)`` how many questions each has, known or not.
    """

    correct: Mapping[str, NDArray[np.bool_]]
    section: NDArray[np.int64]
    pair: NDArray[np.int64]
    names: tuple[str, ...]
    syntactic: NDArray[np.bool_]
    coverage: float
    asked: NDArray[np.int64]

    def metrics(self) -> dict[str, Estimate]:
        """``3cosadd``, ``3cosadd_semantic``, ``3cosadd_syntactic`` and so for 3CosMul; ``coverage``.

        The mean over questions; its 95 % interval takes those that share their first pair as dependent.
        """
        kinds = {"": np.ones(len(self.section), bool)}
        if self.syntactic.any() and not self.syntactic.all():
            syntactic = self.syntactic[self.section]
            kinds |= {"_semantic": ~syntactic, "_syntactic": syntactic}
        found = {
            f"{method}{kind}": self._accuracy(method, of)
            for method in self.correct
            for kind, of in kinds.items()
            if of.any()
        }
        return {**found, "coverage": Estimate(self.coverage)}

    def by_section(self, method: str = "3cosadd") -> dict[str, Estimate]:
        """Accuracy in each section that has a question that counts."""
        masks = {name: self.section == number for number, name in enumerate(self.names)}
        return {name: self._accuracy(method, of) for name, of in masks.items() if of.any()}

    def _accuracy(self, method: str, of: NDArray[np.bool_]) -> Estimate:
        return mean_interval(self.correct[method][of], self.pair[of])


@dataclass(frozen=True)
class WordAnalogies:
    """The answer is the nearest known word to ``b − a + c`` (3CosAdd) or by 3CosMul; the question's words are none.

    Sources: Mikolov, Chen, Corrado, Dean, "Efficient Estimation of Word Representations in Vector Space", 2013; Levy,
    Goldberg, "Linguistic Regularities in Sparse and Explicit Word Representations", CoNLL 2014 (3CosMul).

    Args:
        restrict_vocab: answers and questions are of the first so many words; None: of all.
        case_fold: compare words in upper case; of the spellings of a word the first has the vector.
        methods: of ``3cosadd`` and ``3cosmul``.
        unknown_is_wrong: questions with an unknown word count as wrong (gensim's ``dummy4unknown``), else not at all.
    """

    restrict_vocab: int | None = 300_000
    case_fold: bool = True
    methods: Sequence[str] = _METHODS
    unknown_is_wrong: bool = False

    def __post_init__(self) -> None:
        if not self.methods or set(self.methods) - set(_METHODS):
            raise ValueError(f"evaluation.word_analogies.methods={list(self.methods)}: of {', '.join(_METHODS)}")

    def __call__(self, vectors: WordVectors, analogies: Analogies) -> WordAnalogiesResult:
        """Evaluate; beside the vectors, memory is for the questions' words times a few thousand others."""
        names = tuple(analogies.sections)
        questions = [question for name in names for question in analogies.sections[name]]
        section = np.repeat(np.arange(len(names)), [len(analogies.sections[name]) for name in names])
        pairs = np.unique([f"{question[0]} {question[1]}" for question in questions], return_inverse=True)[1]
        lookup = WordLookup(vectors.index_to_key, self.restrict_vocab, self.case_fold)
        rows = np.stack([lookup(words) for words in zip(*questions, strict=True)], 1)
        known: NDArray[np.bool_] = np.all(rows >= 0, axis=1)
        counted = np.ones(len(known), np.bool_) if self.unknown_is_wrong else known
        correct = {}
        for method in self.methods:
            right = np.zeros(len(known), np.bool_)
            answers = _answers(vectors.normed[: self.restrict_vocab], lookup.first, rows[known, :3], method)
            right[known] = lookup.first[answers] == rows[known, 3]
            correct[method] = right[counted]
        return WordAnalogiesResult(
            correct,
            section[counted],
            pairs[counted],
            names,
            np.isin(names, list(analogies.syntactic)),
            float(known.mean()),
            np.array([len(analogies.sections[name]) for name in names]),
        )


def _answers(normed: Matrix, first: NDArray[np.int64], rows: NDArray[np.int64], method: str) -> NDArray[np.int64]:
    """``(Q,)`` the row that answers each question; of equally good ones the first.

    Args:
        normed: ``(V, D)`` vectors at length 1.
        first: ``(V,)`` of each row, the first row that is the same word.
        rows: ``(Q, 3)`` of the questions' a, b and c.
        method: ``3cosadd`` or ``3cosmul``.
    """
    words, places = np.unique(rows, return_inverse=True)
    places = places.reshape(rows.shape)
    given, given_row = _given(first, rows)
    highest, answer = np.full(len(rows), -np.inf, np.float32), np.zeros(len(rows), np.int64)
    asked = normed[words]
    for start in range(0, normed.shape[0], _WORDS):
        block = normed[start : start + _WORDS]
        cosines = products(asked, block)
        if method == "3cosmul":
            cosines = (1 + cosines) / np.float32(2)
        here = (given_row >= start) & (given_row < start + block.shape[0])
        question, column = given[here], given_row[here] - start
        for begin in range(0, len(rows), _QUESTIONS):
            a, b, c = places[begin : begin + _QUESTIONS].T
            if method == "3cosmul":
                scores = cosines[b] * cosines[c] / (cosines[a] + _EPSILON)
            else:
                scores = cosines[b] + cosines[c] - cosines[a]
            of = slice(*np.searchsorted(question, [begin, begin + len(a)]))
            scores[question[of] - begin, column[of]] = -np.inf
            best = scores.argmax(1)
            score = scores[np.arange(len(a)), best]
            better = np.flatnonzero(score > highest[begin : begin + len(a)])
            highest[begin + better], answer[begin + better] = score[better], best[better] + start
    return answer


def _given(first: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All rows that are a word of a question, in any spelling: the questions, ascending, and the rows."""
    by_word = np.argsort(first, kind="stable")
    begin, end = (np.searchsorted(first[by_word], rows.ravel(), side) for side in ("left", "right"))
    counts = end - begin
    nth = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(np.arange(rows.size) // rows.shape[1], counts), by_word[np.repeat(begin, counts) + nth]
