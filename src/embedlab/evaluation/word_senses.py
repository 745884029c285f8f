"""Word-sense induction: do the senses found for a word's contexts agree with a lexicographer's?"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.metrics import adjusted_rand_score, v_measure_score

from embedlab.errors import BadInput
from embedlab.evaluation.intervals import mean_interval
from embedlab.evaluation.protocol import Estimate
from embedlab.vectors.sense_vectors import SenseVectors
from embedlab.vectors.word_vectors import WordVectors


@dataclass(frozen=True)
class SenseContext:
    """A word in a context.

    Attributes:
        word: the target, as its data set names it (``access.n``, ``замок``).
        left, right: the text before and after it.
        gold: its sense; empty where the data set keeps it secret.
    """

    word: str
    left: str
    right: str
    gold: str

    @property
    def lemma(self) -> str:
        """The word of the target without a part of speech: ``access`` of ``access.n``."""
        return re.sub(r"(?<=.)\.[a-z]$", "", self.word)


@dataclass(frozen=True)
class SenseContexts:
    """Contexts of ambiguous words.

    Attributes:
        contexts: N of them.
        split: text into words, in the way of the text that the vectors were trained on.
    """

    contexts: Sequence[SenseContext]
    split: Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class WordSensesResult:
    """Agreement of each word's found and gold senses.

    Attributes:
        ari: by word, the Rand index adjusted so that chance gives 0.
        v_measure: by word, the harmonic mean of homogeneity and completeness; grows with the number of senses found.
        contexts: by word, how many.
        senses: by word, how many were found.
        gold_senses: by word, how many the gold has.
        coverage: share of the contexts whose word has vectors; None where that was not asked.
    """

    ari: Mapping[str, float]
    v_measure: Mapping[str, float]
    contexts: Mapping[str, int]
    senses: Mapping[str, int]
    gold_senses: Mapping[str, int]
    coverage: float | None = None

    def metrics(self) -> dict[str, Estimate]:
        """``ari`` and ``v_measure``, means over words, ``…_weighted`` by contexts (RUSSE 2018); ``senses`` a word.

        A word of one gold sense is left out of the ARI, which would be 0 for it however few contexts stray.
        """
        several = [word for word, count in self.gold_senses.items() if count > 1]
        found = {}
        for name, by_word, words, lowest in (
            ("ari", self.ari, several, -1.0),
            ("v_measure", self.v_measure, list(self.v_measure), 0.0),
        ):
            if words:
                values = [by_word[word] for word in words]
                found[name] = mean_interval(values, lowest=lowest)
                weights = [self.contexts[word] for word in words]
                found[f"{name}_weighted"] = Estimate(float(np.average(values, weights=weights)))
        found["senses"] = Estimate(float(np.mean(list(self.senses.values()))))
        return found if self.coverage is None else {**found, "coverage": Estimate(self.coverage)}


@dataclass(frozen=True)
class WordSenses:
    """Compares two sense labels of the same contexts, word by word.

    Sources: Manandhar et al., "SemEval-2010 Task 14: Word Sense Induction & Disambiguation", 2010 (V-measure);
    Bartunov et al., "Breaking Sticks and Ambiguities with Adaptive Skip-gram", AISTATS 2016 (ARI).
    """

    def __call__(
        self, words: Sequence[str], gold: Sequence[str | int], predicted: Sequence[str | int]
    ) -> WordSensesResult:
        """Evaluate.

        Args:
            words, gold, predicted: N each: the word of a context, its gold sense and the sense found.

        Raises:
            ValueError: no contexts, or not as many of each.
        """
        if not words or not len(words) == len(gold) == len(predicted):
            raise ValueError(f"as many words, gold and predicted senses: {len(words)}, {len(gold)}, {len(predicted)}")
        rows: dict[str, list[int]] = {}
        for row, word in enumerate(words):
            rows.setdefault(word, []).append(row)
        labels = {word: ([str(gold[r]) for r in of], [str(predicted[r]) for r in of]) for word, of in rows.items()}
        return WordSensesResult(
            ari={word: float(adjusted_rand_score(*pair)) for word, pair in labels.items()},
            v_measure={word: float(v_measure_score(*pair)) for word, pair in labels.items()},
            contexts={word: len(of) for word, of in rows.items()},
            senses={word: len(set(found)) for word, (_, found) in labels.items()},
            gold_senses={word: len(set(of)) for word, (of, _) in labels.items()},
        )


def with_senses(vectors: WordVectors) -> SenseVectors:
    """The vectors, if they are of several senses a word.

    Raises:
        BadInput: they are one a word.
    """
    if not isinstance(vectors, SenseVectors):
        raise BadInput("these vectors are one a word; those of experiment=adagram have senses")
    return vectors


def known_context(
    vectors: WordVectors, context: SenseContext, split: Callable[[str], Sequence[str]], window: int | None
) -> tuple[str, list[str]] | None:
    """The word looked up for a context's target and the known words nearest to it, to each side; None if it is unknown.

    Args:
        vectors: that know it or not.
        context: whose target is looked up by its lemma.
        split: text into words.
        window: words to each side at most; None: all.
    """
    target = split(context.lemma)
    if len(target) != 1 or target[0] not in vectors.key_to_index:
        return None
    left, right = ([w for w in split(text) if w in vectors.key_to_index] for text in (context.left, context.right))
    return target[0], [*left, *right] if window is None else [*left[-window:], *right[:window]]


@dataclass(frozen=True)
class WordSenseInduction:
    """The sense of a context is the likeliest one given the known words nearest to its target.

    A target is looked up by its lemma, in the form that the vectors' words have: where their text was not lemmatised,
    the vectors of the lemma itself stand for all forms of the word. One that is unknown is taken to have one sense.

    Source of the procedure: Bartunov et al. 2016, with five words to each side on SemEval-2010.

    Args:
        window: words to each side at most, unknown ones not counted; None: all there are.
    """

    window: int | None = 5

    def __post_init__(self) -> None:
        if self.window is not None and self.window < 1:
            raise ValueError(f"evaluation.senses.window={self.window}: at least one word, or null for all")

    def __call__(self, vectors: WordVectors, items: SenseContexts) -> WordSensesResult:
        """Evaluate.

        Raises:
            BadInput: the vectors are one a word.
        """
        vectors = with_senses(vectors)
        found = [known_context(vectors, context, items.split, self.window) for context in items.contexts]
        predicted = [-1 if of is None else int(vectors.disambiguate(*of).argmax()) for of in found]
        result = WordSenses()(
            [context.word for context in items.contexts], [context.gold for context in items.contexts], predicted
        )
        return replace(result, coverage=1 - found.count(None) / len(found))
