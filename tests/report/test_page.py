import base64
import html
import io
import json
import re
from pathlib import Path

import matplotlib.image
import pytest

from embedlab.report import build_report
from embedlab.report.page import finding
from embedlab.report.sweep import read
from embedlab.report.table import tabulate


@pytest.fixture(scope="module")
def page(sweep_directory: Path) -> str:
    path = build_report(sweep_directory).page
    assert path == sweep_directory / "report.html"
    return path.read_text(encoding="utf-8")


def read_text(page: str) -> str:
    """What a reader sees, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_pictures_are_inside_the_page(page: str) -> None:
    pictures = re.findall(r'src="data:image/webp;base64,([^"]+)"', page)
    assert len(pictures) == 6  # a map and neighbours of each of three variants
    for picture in pictures:
        assert matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)), format="webp").shape[1] > 800
    assert page.count("<svg") == 5  # intervals, ROC, validation, distances, training loss
    assert page.count('role="img" aria-label="') == 5
    assert not re.search(r'<img(?![^>]*alt="[^"]+")', page.split("<dialog>")[0])


def test_nothing_is_fetched(page: str) -> None:
    assert "http://" not in page
    assert "https://" not in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert "url(" not in re.sub(r"url\(#\w+\)", "", page)  # clip paths of the drawings only


def test_numbers_and_failures_are_named(page: str) -> None:
    text = read_text(page)
    assert "5 of 6 jobs done" in text
    assert "1 failed job center, seed 2 (5): loss is NaN at step 7" in text
    assert "Traceback <tb>" in text
    assert "contrastive 82.0 ± 25.4 ≈" in text
    assert "commit 0123456789+changes" in text
    assert "2 cores, Some CPU" in text
    assert "2 × Some GPU" in text


def test_files_lie_beside_the_page(page: str, sweep_directory: Path) -> None:
    names = {path.name for path in (sweep_directory / "figures").iterdir()}
    assert {"roc.png", "roc.svg", "map_0.png", "neighbours_2.png", "distances.svg"} <= names
    assert len((sweep_directory / "results.csv").read_text().splitlines()) == 7
    assert "| triplet | 90.5 ± 6.4 ≈ |" in (sweep_directory / "results.md").read_text()


def test_the_finding_claims_no_more_than_the_table(sweep_directory: Path) -> None:
    assert finding(tabulate(read(sweep_directory)).main) == (
        "triplet has the best mean on 2 of 2 metrics, but these seeds cannot tell its lead from chance."
    )


def test_a_run_has_a_page_of_its_own(make_run, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "triplet", 1, {"test/recall_at_1": 0.9})
    page = build_report(run).page.read_text(encoding="utf-8")
    text = read_text(page)
    assert "Recall@1 90.0 % 89.0 – 91.0" in text
    assert "_target_: embedlab.losses.triplet" in text
    assert "versions.torch 2.11.0" in text
    assert (
        (run / "results.csv")
        .read_text()
        .splitlines()[1]
        .startswith(f".,1,,done,61.0,0123456789abcdef+changes,Some CPU,2,,{1 << 30},,0.9,0.89,0.91")
    )


ABSENT = ["config.yaml", "overrides.yaml", "environment.json", "metrics.json", "history.jsonl", "evaluation/test.npz"]


@pytest.mark.parametrize("kept", [[], *([name] for name in ABSENT)])
def test_half_a_run_still_has_a_page(make_run, tmp_path: Path, kept: list[str]) -> None:
    run = make_run(tmp_path / "run", "triplet", 1, {"test/recall_at_1": 0.9}, classes=4, per_class=5)
    for name in set(ABSENT) - set(kept):
        (run / name).unlink()
    (run / "status.json").write_text(json.dumps({"status": "done"}))
    assert "<h1>" in build_report(run).page.read_text(encoding="utf-8")


def test_a_sweep_without_finished_jobs_still_has_a_page(tmp_path: Path) -> None:
    for number, status in enumerate(("running", "failed")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "status.json").write_text(json.dumps({"status": status}))
    page = build_report(tmp_path).page.read_text(encoding="utf-8")
    assert "0 of 2 jobs done" in page
    assert "No job has finished yet." in page


def test_what_runs_say_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(json.dumps({"status": "failed", "error": "<script>alert(1)</script>"}))
    (tmp_path / "config.yaml").write_text("name: <b>x</b>")
    page = build_report(tmp_path).page.read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_variants_stand_beside_the_best_in_words_and_with_their_cost(page: str) -> None:
    text = read_text(page)
    assert "Recall@1 beside the best" in text
    assert "not distinguishable, p = 0.11 62 s 1.0 GiB 2/2" in text
    assert "too few shared seeds (1) 61 s 1.0 GiB 1/2 (1 failed)" in text
    assert "triplet has the best mean Recall@1. Not distinguishable from it: contrastive (p = 0.11)." in text


def test_the_metric_of_the_comparison_can_be_chosen(make_grid, tmp_path: Path) -> None:
    settings = [{"loss": loss, "seed": seed} for loss in ("contrastive", "triplet") for seed in "12"]
    make_grid(tmp_path, settings, [0.70, 0.71, 0.80, 0.82])
    page = build_report(tmp_path, "eer").page.read_text(encoding="utf-8")
    assert "EER beside the best" in page
    assert "triplet has the best mean EER" in page


def test_a_large_sweep_shows_its_best_and_says_so(make_grid, tmp_path: Path) -> None:
    settings = [{"loss.margin": f"{margin / 100}", "seed": seed} for margin in range(60) for seed in ("1", "2")]
    values = [0.5 + margin / 1000 + (0.0001 if seed else 0) for margin in range(60) for seed in (0, 1)]
    make_grid(tmp_path, settings, values)
    (tmp_path / "3" / "status.json").write_text('{"status": "failed", "error": "broken"}')
    text = read_text(build_report(tmp_path).page.read_text(encoding="utf-8"))
    assert "The first 50 of 60 variants, best first by Recall@1; all are in results.md ." in text
    assert "The figures below show the first 16 of 60 variants, best first by Recall@1." in text
    assert "119 of 120 jobs done · 1 failed" in text.replace("done 1", "done · 1")
    assert len((tmp_path / "results.csv").read_text().splitlines()) == 121
    table = (tmp_path / "results.md").read_text().splitlines()
    assert [line.split(" | ")[0] for line in table[2:5]] == ["| 0.59", "| 0.58", "| 0.57"]
    assert len([line for line in table if line.startswith("| 0.")]) == 60
    assert "parallel_coordinates.svg" in {path.name for path in (tmp_path / "figures").iterdir()}
