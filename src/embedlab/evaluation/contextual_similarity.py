"""Contextual similarity: are the senses that two words have in their contexts as alike as people judge?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.word_senses import SenseContext, known_context, with_senses
from embedlab.evaluation.word_similarity import Floats, bootstrapped, spearman
from embedlab.vectors.word_vectors import WordVectors, unit


@dataclass(frozen=True)
class ContextPairs:
    """Pairs of words in contexts that people judged.

    Attributes:
        first, second: P words each, with what stands around them.
        scores: ``(P,)``, more for more alike.
        split: text into words, in the way of the text that the vectors were trained on.
    """

    first: Sequence[SenseContext]
    second: Sequence[SenseContext]
    scores: Floats
    split: Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class ContextualSimilarityResult:
    """Spearman's rank correlation with the scores, by ``avgsimc`` and ``maxsimc``, and the share of pairs compared."""

    spearman: Mapping[str, Estimate]
    coverage: float

    def metrics(self) -> dict[str, Estimate]:
        """``avgsimc``, ``maxsimc``, ``coverage``."""
        return {**self.spearman, "coverage": Estimate(self.coverage)}


@dataclass(frozen=True)
class ContextualSimilarity:
    """AvgSimC, ``Σ_ij p(i | w, c) p(j | w', c') cos(v_i, v'_j)``, and MaxSimC, the cosine of the likeliest two senses.

    Sources: Huang, Socher, Manning, Ng, "Improving Word Representations via Global Context and Multiple Word
    Prototypes", ACL 2012 (SCWS); Reisinger, Mooney, "Multi-Prototype Vector-Space Models of Word Meaning", 2010.

    Args:
        window: words to each side that tell a sense, as of :class:`embedlab.evaluation.word_senses.WordSenseInduction`.
        resamples: of the bootstrap over pairs.
        seed: of the bootstrap.
    """

    window: int | None = 5
    resamples: int = 1000
    seed: int = 0

    def __call__(self, vectors: WordVectors, pairs: ContextPairs) -> ContextualSimilarityResult:
        """Evaluate; pairs with an unknown word are left out.

        Raises:
            BadInput: the vectors are one a word.
        """
        vectors, similarities, known = with_senses(vectors), [], []
        for both in zip(pairs.first, pairs.second, strict=True):
            found = [known_context(vectors, context, pairs.split, self.window) for context in both]
            known.append(None not in found)
            if not known[-1]:
                continue
            (p, u), (q, v) = (
                (vectors.disambiguate(word, near), unit(vectors.senses[vectors.key_to_index[word]]))
                for word, near in filter(None, found)
            )
            cosines = u @ v.T
            similarities.append((p @ cosines @ q, cosines[p.argmax(), q.argmax()]))
        scores = pairs.scores[np.array(known)]
        return ContextualSimilarityResult(
            {
                name: bootstrapped(spearman, np.array(of), scores, self.resamples, self.seed)
                for name, of in zip(("avgsimc", "maxsimc"), np.reshape(similarities, (-1, 2)).T, strict=True)
            },
            float(np.mean(known)),
        )
