"""What a sweep varies, as axes to draw over."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from embedlab.report.sweep import Sweep, natural

_LOG = 50.0  # a positive factor that spans this ratio is drawn on a log scale


@dataclass(frozen=True)
class Factor:
    """One override key that varies.

    Attributes:
        values: its distinct values, numbers by size, words in the order of their jobs.
        numeric: whether all of them are numbers.
    """

    key: str
    values: tuple[str, ...]
    numeric: bool

    @cached_property
    def log(self) -> bool:
        """Whether its numbers are better told apart on a log scale."""
        return self.numeric and float(self.values[0]) > 0 and float(self.values[-1]) / float(self.values[0]) >= _LOG

    def place(self, value: str | float) -> float:
        """Where a value stands on an axis from 0 to 1: numbers to scale, words evenly spaced, the first on top."""
        if not self.numeric:
            return 1 - self.values.index(str(value)) / max(len(self.values) - 1, 1)
        low, high, at = float(self.values[0]), float(self.values[-1]), float(value)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low)


def factors(sweep: Sweep) -> list[Factor]:
    """The factors of a sweep in the order of its keys."""
    order = sorted(sweep.variants, key=lambda variant: natural(variant.runs[0].directory.name))
    return [_factor(key, list(dict.fromkeys(variant.settings[key] for variant in order))) for key in sweep.keys]


def _factor(key: str, values: Sequence[str]) -> Factor:
    try:
        numeric = all(math.isfinite(float(value)) for value in values)
    except ValueError:
        numeric = False
    if numeric and len({float(value) for value in values}) < len(values):
        numeric = False  # 0.1 and 0.10 are two variants here
    return Factor(key, tuple(sorted(values, key=float) if numeric else values), numeric)
