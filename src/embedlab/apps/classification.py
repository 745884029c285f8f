"""What a classifier says of texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.text.labelled import check_words
from embedlab.text.vocabulary import numbers_of

Numbers = NDArray[np.int64]


class Verdict(NamedTuple):
    """A text, the most probable class, and how probable it is."""

    text: str
    label: str
    probability: float


def classify_texts(
    classify: Callable[[Sequence[Numbers]], Any],
    classes: Sequence[str],
    words: Mapping[str, int],
    split: Callable[[str], list[str]],
    texts: Sequence[str],
    most: int,
) -> list[Verdict]:
    """The verdict on each text.

    Args:
        classify: texts as numbers to probabilities ``(texts, C)``, as
            :meth:`embedlab.tasks.classification.Classification.classify`.
        classes: the names of all C classes.
        words: the number of each word that is known.
        split: a text to words.
        texts: at least one, each with a word that is known.
        most: words that a text may have.

    Raises:
        BadInput: no text; one without words, with too many, or with none that is known.
    """
    if not texts:
        raise BadInput("there is no text to classify: embedlab classify RUN 'A lovely film.', or --file FILE")
    numbered = []
    for text in texts:
        found = split(text)
        check_words(found, text, most)
        if not any(word in words for word in found):
            raise BadInput(f"{text[:40]!r}: the classifier knows none of its words, as {found[0]!r}")
        numbered.append(numbers_of(found, words))
    probabilities = classify(numbered)
    best = zip(probabilities.argmax(1).tolist(), probabilities.amax(1).tolist(), strict=True)
    return [Verdict(text, classes[label], p) for text, (label, p) in zip(texts, best, strict=True)]
