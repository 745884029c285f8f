from pathlib import Path

import pytest

from embedlab.report.figures.factors import factors
from embedlab.report.sweep import read


def test_numbers_are_ordered_by_size_and_words_by_their_jobs(make_grid, tmp_path: Path) -> None:
    settings = [
        {"size": "small", "lr": "1e-2", "margin": "0.3"}, {"size": "large", "lr": "1e-4", "margin": "0.1"},
        {"size": "medium", "lr": "1e-3", "margin": "0.15"},
    ]  # fmt: skip
    size, rate, margin = factors(read(make_grid(tmp_path, settings, [0.1, 0.2, 0.3])))
    assert (size.values, size.numeric) == (("small", "large", "medium"), False)
    assert [size.place(value) for value in size.values] == [1.0, 0.5, 0.0]
    assert (rate.values, rate.log) == (("1e-4", "1e-3", "1e-2"), True)
    assert [rate.place(value) for value in rate.values] == pytest.approx([0, 0.5, 1])
    assert (margin.values, margin.log) == (("0.1", "0.15", "0.3"), False)
    assert margin.place("0.15") == pytest.approx(0.25)


def test_a_number_that_is_only_set_at_times_is_a_word(make_grid, tmp_path: Path) -> None:
    settings = [{"loss": "center"}, {"loss": "triplet", "margin": "0.2"}, {"loss": "triplet", "margin": "0.1"}]
    _, margin = factors(read(make_grid(tmp_path, settings, [0.1, 0.2, 0.3])))
    assert (margin.values, margin.numeric) == (("default", "0.2", "0.1"), False)
