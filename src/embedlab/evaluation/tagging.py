"""How many words are tagged rightly, and how many entities are found: numbers of taggers."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.evaluation.intervals import ratio_estimates
from embedlab.evaluation.protocol import Estimate
from embedlab.text.tagged import Entity, TaggedSentence, entities, mark_entities

OUTSIDE = "O"  # what a word of no entity is


@dataclass(frozen=True)
class TaggedSet:
    """Sentences as people tagged them and as a tagger does.

    Attributes:
        gold: S sentences with the right tags.
        predicted: the tags found for each, as many as it has words.
        training: what the tagger learnt from; what is not in it is unseen.

    Raises:
        ValueError: no sentence, or not a tag for each word.
    """

    gold: Sequence[TaggedSentence]
    predicted: Sequence[Sequence[str]]
    training: Sequence[TaggedSentence] = ()

    def __post_init__(self) -> None:
        if not self.gold or [len(s.words) for s in self.gold] != [len(tags) for tags in self.predicted]:
            raise ValueError("there must be a sentence, and a predicted tag for each word of each sentence")


@dataclass(frozen=True)
class Scores:
    """How one tag, or one kind of entity, is found.

    Attributes:
        precision: the share of those found that are right.
        recall: the share of those that are there which are found.
        f1: their harmonic mean.
        count: how many there are.
    """

    precision: Estimate
    recall: Estimate
    f1: Estimate
    count: int


@dataclass(frozen=True)
class TaggingResult:
    """What a protocol found.

    Attributes:
        numbers: by name.
        scores: by tag or kind of entity, the most frequent first.
        names: of tags, or of kinds of entities and ``O``: K of them.
        confusions: ``(K, K)`` words by what they are and what they were taken for.
        unit: what ``scores`` count, ``words`` or ``entities``.
    """

    numbers: Mapping[str, Estimate]
    scores: Mapping[str, Scores]
    names: tuple[str, ...]
    confusions: NDArray[np.int64]
    unit: str = "words"

    def metrics(self) -> Mapping[str, Estimate]:
        """The numbers."""
        return self.numbers

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a report shows besides.

        ``tag_names``, ``tag_counts`` ``(n,)`` and ``tag_scores`` ``(n, 3, 3)``: precision, recall and F1, each with its
        interval, NaN where there is none; ``tag_unit``; ``confusion_names`` ``(K,)`` and ``confusions`` ``(K, K)``.
        """
        triples = [
            [[np.nan if x is None else x for x in (e.value, e.low, e.high)] for e in (s.precision, s.recall, s.f1)]
            for s in self.scores.values()
        ]
        return {
            "tag_names": np.array(list(self.scores)),
            "tag_counts": np.array([s.count for s in self.scores.values()], np.int64),
            "tag_scores": np.array(triples, np.float64).reshape(-1, 3, 3),
            "tag_unit": np.array(self.unit),
            "confusion_names": np.array(self.names),
            "confusions": self.confusions,
        }


@dataclass(frozen=True)
class TaggingProtocol(ABC):
    """A configured protocol.

    Args:
        resamples: of the bootstrap over sentences behind the intervals; 0: no intervals.
        seed: of the bootstrap.
    """

    resamples: int = 1000
    seed: int = 0

    @abstractmethod
    def __call__(self, data: TaggedSet) -> TaggingResult:
        """Evaluate."""

    def _scores(self, names: Sequence[str], right: Any, there: Any, found: Any) -> dict[str, Scores]:
        """Of counts ``(S, K)`` in each sentence: what was rightly found, is there, and was found."""
        parts, wholes = np.hstack([right, right, 2 * right]), np.hstack([found, there, found + there])
        estimates = ratio_estimates(parts, wholes, self.resamples, self.seed)
        precision, recall, f1 = (estimates[part * len(names) :][: len(names)] for part in range(3))
        counts = there.sum(0).tolist()
        return {name: Scores(*of) for name, *of in zip(names, precision, recall, f1, counts, strict=True)}


@dataclass(frozen=True)
class TagAccuracy(TaggingProtocol):
    """The share of words that have the right tag; also of those that the training text has not, as they are written.

    Precision, recall and F1 are of each tag. Intervals are percentiles of a bootstrap over sentences.
    """

    def __call__(self, data: TaggedSet) -> TaggingResult:
        """``accuracy``, ``unseen_accuracy`` and ``unseen_fraction``, the share of words that are unseen.

        Without a training text, or without an unseen word, ``accuracy`` alone.
        """
        gold, predicted = [s.tags for s in data.gold], data.predicted
        names = _by_count(tag for tags in (*gold, *predicted) for tag in tags)
        sentence, rows, columns = _flat(gold, predicted, names)
        right, shape = rows == columns, (len(gold), len(names))
        scores = self._scores(
            names,
            _counts(sentence[right], rows[right], shape),
            _counts(sentence, rows, shape),
            _counts(sentence, columns, shape),
        )
        seen = {word for s in data.training for word in s.words}
        unseen = np.array([word not in seen for s in data.gold for word in s.words]) & bool(seen)
        parts, wholes = (
            np.stack([np.bincount(sentence, of, len(gold)) for of in both], 1)
            for both in ((right, right & unseen), (np.ones_like(right), unseen))
        )
        accuracy, of_unseen = ratio_estimates(parts, wholes, self.resamples, self.seed)
        numbers = {"accuracy": accuracy}
        if unseen.any():
            numbers |= {"unseen_accuracy": of_unseen, "unseen_fraction": Estimate(float(unseen.mean()))}
        return TaggingResult(numbers, scores, names, _confusions(rows, columns, len(names)))


@dataclass(frozen=True)
class EntityF1(TaggingProtocol):
    """Precision, recall and F1 of entities: one is found if its kind, its first and its last word are.

    Entities are those of :func:`embedlab.text.tagged.entities`, so numbers are those of ``conlleval`` and of seqeval
    in its default mode; of all kinds together they are micro-averages. Intervals are percentiles of a bootstrap over
    sentences.
    """

    def __call__(self, data: TaggedSet) -> TaggingResult:
        """``entity_precision``, ``entity_recall``, ``entity_f1``, and of unseen entities their recall and share.

        ``unseen_entity_recall`` is of those whose words, as they are written, are no entity of that kind in the
        training text, ``unseen_entity_fraction`` the share they have of all; both only if there are such.

        Raises:
            BadInput: the tags mark no entities.
        """
        used = {tag for s in (*data.gold, *data.training) for tag in s.tags}
        if not mark_entities(sorted(used)):
            other = next((tag for tag in sorted(used) if not mark_entities([tag]) and tag != OUTSIDE), OUTSIDE)
            raise BadInput(
                f"evaluation=entities: for tags as B-person, I-person and O, not {other}; take evaluation=tags"
            )
        gold = [set(entities(s.tags)) for s in data.gold]
        found = [set(entities(tags)) for tags in data.predicted]
        names = _by_count(entity.kind for of in (gold, found) for each in of for entity in each)
        right = [a & b for a, b in zip(gold, found, strict=True)]
        of_kinds = [_kinds(each, names) for each in (right, gold, found)]
        overall = self._scores([""], *(each.sum(1, keepdims=True) for each in of_kinds))[""]
        numbers = {"entity_precision": overall.precision, "entity_recall": overall.recall, "entity_f1": overall.f1}
        seen = {(e.kind, s.words[e.first : e.last + 1]) for s in data.training for e in entities(s.tags)}
        unseen = [
            {e for e in each if (e.kind, tuple(s.words[e.first : e.last + 1])) not in seen}
            for s, each in zip(data.gold, gold, strict=True)
        ]
        if seen and any(unseen):
            parts, wholes = [[len(u & r)] for u, r in zip(unseen, right, strict=True)], [[len(u)] for u in unseen]
            (recall,) = ratio_estimates(np.array(parts), np.array(wholes), self.resamples, self.seed)
            share = sum(map(len, unseen)) / sum(map(len, gold))
            numbers |= {"unseen_entity_recall": recall, "unseen_entity_fraction": Estimate(share)}
        kinds = (*names, OUTSIDE)
        there, taken = (
            [_of_words(each, len(s.words)) for s, each in zip(data.gold, of, strict=True)] for of in (gold, found)
        )
        _, rows, columns = _flat(there, taken, kinds)
        scores, confused = self._scores(names, *of_kinds), _confusions(rows, columns, len(kinds))
        return TaggingResult(numbers, scores, kinds, confused, unit="entities")


def _by_count(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, the most frequent first, equals by name."""
    return tuple(name for name, _ in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _flat(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], names: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of all words: the number of their sentence, of their tag, and of the tag found, each ``(words,)``."""
    numbers = {name: number for number, name in enumerate(names)}
    rows, columns = (np.array([numbers[tag] for tags in of for tag in tags]) for of in (gold, predicted))
    return np.repeat(np.arange(len(gold)), [len(tags) for tags in gold]), rows, columns


def _counts(sentence: NDArray[np.int64], tag: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """How often each tag is in each sentence."""
    return np.bincount(sentence * shape[1] + tag, minlength=shape[0] * shape[1]).reshape(shape)


def _kinds(sentences: Sequence[set[Entity]], names: Sequence[str]) -> NDArray[np.int64]:
    """How many entities of each kind are in each sentence."""
    return np.array([[sum(e.kind == name for e in each) for name in names] for each in sentences]).reshape(
        -1, len(names)
    )


def _of_words(found: set[Entity], length: int) -> list[str]:
    """The kind of entity that each word is of."""
    kinds = [OUTSIDE] * length
    for entity in found:
        kinds[entity.first : entity.last + 1] = [entity.kind] * (entity.last + 1 - entity.first)
    return kinds


def _confusions(rows: NDArray[np.int64], columns: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)
