"""Word-sense induction: do the senses found for a word's contexts agree with a lexicographer's?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score, v_measure_score

from embedlab.evaluation.intervals import mean_interval
from embedlab.evaluation.protocol import Estimate


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


@dataclass(frozen=True)
class WordSensesResult:
    """Agreement of each word's found and gold senses.

    Attributes:
        ari: by word, the Rand index adjusted so that chance gives 0.
        v_measure: by word, the harmonic mean of homogeneity and completeness; grows with the number of senses found.
        contexts: by word, how many.
        senses: by word, how many were found.
        gold_senses: by word, how many the gold has.
    """

    ari: Mapping[str, float]
    v_measure: Mapping[str, float]
    contexts: Mapping[str, int]
    senses: Mapping[str, int]
    gold_senses: Mapping[str, int]

    def metrics(self) -> dict[str, Estimate]:
        """``ari`` and ``v_measure``, means over words; ``…_weighted`` by contexts (RUSSE 2018); ``senses`` a word.

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
        return {**found, "senses": Estimate(float(np.mean(list(self.senses.values()))))}


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
