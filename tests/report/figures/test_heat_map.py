import re
from pathlib import Path

from embedlab.report.figures.heat_map import heat_map
from embedlab.report.sweep import read
from embedlab.report.table import tabulate

GRID = [{"loss": loss, "margin": margin} for loss in ("a", "b") for margin in ("0.1", "0.2", "0.4")]


def drawn(directory: Path, figures: Path):
    sweep = read(directory)
    return heat_map(sweep, tabulate(sweep), figures)


def test_each_field_holds_its_mean(make_grid, tmp_path: Path) -> None:
    settings = [{**cell, "seed": seed} for cell in GRID for seed in ("1", "2")]
    values = [0.1 * cell + 0.02 * seed for cell in range(6) for seed in (0, 1)]
    figure = drawn(make_grid(tmp_path / "sweep", settings, values), tmp_path)
    assert figure is not None
    assert figure.title == "Recall@1 by loss and margin"
    words = re.findall(r">([^<>]+)</text>", figure.svg)
    assert {"1.0", "11.0", "21.0", "31.0", "41.0", "51.0"} <= set(words)
    assert {"0.1", "0.2", "0.4", "a", "b", "loss", "margin"} <= set(words)
    assert (tmp_path / "heat_map.png").is_file()


def test_only_for_two_factors_most_of_whose_combinations_ran(make_grid, tmp_path: Path) -> None:
    assert drawn(make_grid(tmp_path / "five", GRID[:5], [0.1] * 5), tmp_path) is not None
    diagonal = [{"loss": f"{n}", "margin": f"{n}"} for n in range(3)]
    assert drawn(make_grid(tmp_path / "diagonal", diagonal, [0.1] * 3), tmp_path) is None
    assert drawn(make_grid(tmp_path / "one", [{"loss": "a"}, {"loss": "b"}], [0.1, 0.2]), tmp_path) is None
