"""The texts that a classifier was surest of and wrong about."""

from dataclasses import dataclass

import numpy as np

from embedlab.report.sweep import Sweep

MOST = 12  # of a variant
LONGEST = 300  # characters of a text that are shown


@dataclass(frozen=True)
class Mistake:
    """A test text, its class, and the class it was given with so much probability."""

    text: str
    label: str
    given: str
    probability: float


def mistakes(sweep: Sweep) -> dict[str, tuple[Mistake, ...]]:
    """Those of each variant by its label, of its first finished run, the surest first."""
    names = ("texts", "text_labels", "text_predictions", "text_confidences")
    found = {}
    for variant in sweep.variants:
        if run := variant.showcase(*names):
            texts, labels, given, sure = (run.evaluation[name] for name in names)
            wrong = np.flatnonzero(labels != given)
            chosen = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST]
            found[variant.label] = tuple(
                Mistake(_short(str(texts[row])), str(labels[row]), str(given[row]), float(sure[row])) for row in chosen
            )
    return {label: of for label, of in found.items() if of}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
