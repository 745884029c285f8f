import re
from pathlib import Path

from embedlab.report.figures.parallel_coordinates import parallel_coordinates, spread
from embedlab.report.sweep import read
from embedlab.report.table import tabulate


def drawn(directory: Path, figures: Path):
    sweep = read(directory)
    return parallel_coordinates(sweep, tabulate(sweep), figures)


def test_an_axis_per_factor_and_one_for_the_metric(make_grid, tmp_path: Path) -> None:
    settings = [{"loss": loss, "lr": rate, "margin": f"0.{n}"} for n, (loss, rate) in enumerate(
        [("a", "1e-4"), ("b", "1e-2"), ("a", "2e-3"), ("b", "3e-3")], start=1
    )]  # fmt: skip
    figure = drawn(make_grid(tmp_path / "sweep", settings, [0.5, 0.6, 0.8, 0.7]), tmp_path)
    assert figure is not None
    assert figure.title == "Recall@1 by loss, lr, margin"
    words = set(re.findall(r">([^<>]+)</text>", figure.svg))
    assert {"loss", "lr", "margin", "Recall@1 (%)", "a", "b", "1e-4", "0.3", "60"} <= words


def test_for_one_factor_only_where_it_is_a_number(make_grid, tmp_path: Path) -> None:
    words = make_grid(tmp_path / "words", [{"loss": loss} for loss in "abc"], [0.1, 0.2, 0.3])
    numbers = make_grid(tmp_path / "numbers", [{"margin": f"0.{n}"} for n in (1, 2, 3)], [0.1, 0.2, 0.3])
    assert drawn(words, tmp_path) is None
    assert drawn(numbers, tmp_path) is not None


def test_equal_results_have_a_picture_too(make_grid, tmp_path: Path) -> None:
    assert drawn(make_grid(tmp_path / "s", [{"margin": f"0.{n}"} for n in (1, 2, 3)], [0.5] * 3), tmp_path) is not None


def test_of_many_lines_the_ends_and_evenly_many_between_are_drawn() -> None:
    assert spread(list(range(5)), 400) == [0, 1, 2, 3, 4]
    chosen = spread(list(range(1000)), 400)
    assert (len(set(chosen)), chosen[0], chosen[-1]) == (400, 0, 999)
