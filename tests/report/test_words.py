"""A page of word vectors: tables, maps, arrows; what a run has not left is not shown."""

import html
import re
from pathlib import Path

import numpy as np
import pytest

from embedlab.report import build_report, draw_run
from embedlab.report.figures import relation_figures, word_maps
from embedlab.report.runs import Measured
from embedlab.report.sweep import read
from embedlab.report.words import Query, Section, word_tables


def read_text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_tables(make_word_run, tmp_path: Path) -> None:
    (tables,) = word_tables(read(make_word_run(tmp_path / "run"))).values()
    assert tables.queries[1] == Query("czech + currency", (("koruna", 0.62), ("euro", 0.6)))
    accuracy = {"3CosAdd": Measured(0.5, 0.4, 0.6), "3CosMul": Measured(0.625)}
    assert tables.sections == (
        Section("Google analogies", "capital-world", 4, 3, accuracy),
        Section("Google analogies", "currency", 2, 0, {}),
    )
    assert tables.methods == ["3CosAdd", "3CosMul"]


def test_the_page_of_a_run(make_word_run, tmp_path: Path) -> None:
    run = make_word_run(tmp_path / "run")
    page = build_report(run).page.read_text(encoding="utf-8")
    text = read_text(page)
    assert "WordSim-353 ρ 65.2 % 61.0 – 69.0 98 % known Google analogies 50.0 % 75 % known" in text
    assert "and the share of the test whose words are all known." in text
    assert "czech + currency koruna 0.62 euro 0.60" in text
    assert "Google analogies capital-world 50.0 40 – 60 62.5 3 of 4 currency – – 0 of 2" in text
    assert "t-SNE" in page
    assert page.count("</svg>") >= 3  # maps by t-SNE and PCA, arrows
    assert {"word_map_tsne.png", "word_map_pca.svg", "relation_arrows_0.svg"} <= {
        path.name for path in (run / "figures").iterdir()
    }
    assert run / "figures" / "word_map_tsne.png" in draw_run(run)


def test_a_sweep_has_a_panel_for_each_variant(make_word_run, make_run, tmp_path: Path) -> None:
    for job, model in enumerate(("skip_gram", "cbow")):
        make_word_run(tmp_path / str(job), model=model, seed="1")
    sweep = read(tmp_path)
    (tmp_path / "figures").mkdir()
    assert list(word_tables(sweep)) == ["skip_gram", "cbow"]
    assert [(k, f.name) for k, f in word_maps(sweep, tmp_path / "figures").items()] == [
        ("skip_gram", "word_map_0"), ("cbow", "word_map_1"),
    ]  # fmt: skip
    assert [figure.name for figure in relation_figures(sweep, tmp_path / "figures").values()] == [
        "relation_arrows_0", "relation_arrows_1",
    ]  # fmt: skip
    page = build_report(tmp_path).page.read_text(encoding="utf-8")
    assert page.count('aria-label="cbow"') == 4
    assert "On test classes never seen" not in page


@pytest.mark.parametrize("kept", ["queries neighbours neighbour_cosines", "map_words map_vectors", "analogy_set"])
def test_parts_stand_alone(make_word_run, tmp_path: Path, kept: str) -> None:
    run = make_word_run(tmp_path / "run")
    with np.load(run / "evaluation" / "test.npz") as arrays:
        left = {name: arrays[name] for name in arrays.files if name in kept.split() or name.startswith(kept[:7] + "_")}
    np.savez(run / "evaluation" / "test.npz", **left)
    page = build_report(run).page.read_text(encoding="utf-8")
    titles = "<h2>Neighbours of", "<h2>Map of words", "<h2>Relations", "<h2>Analogies by"
    assert [title in page for title in titles] == [
        kept.startswith("queries"), kept.startswith("map"), False, kept.startswith("analogy"),
    ]  # fmt: skip
