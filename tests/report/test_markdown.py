import math
from pathlib import Path

from embedlab.report.markdown import markdown, summary
from embedlab.report.metrics import describe
from embedlab.report.sweep import read
from embedlab.report.table import Table, tabulate


def test_a_line_per_variant(make_sweep, tmp_path: Path) -> None:
    make_sweep(tmp_path, {"contrastive": (0.700, 0.702), "triplet": (0.800, 0.802)})
    lines = markdown(tabulate(read(tmp_path))).splitlines()
    half = f"{100 * math.tan(math.pi * 0.475) * 0.001:.1f}"  # t(0.975) with one degree of freedom
    assert lines[:4] == [
        "| loss | Recall@1 | EER | Recall@1 beside the best | time | memory | n |",
        "|---|---:|---:|---|---:|---:|---:|",
        f"| contrastive | 70.1 ± {half} | 29.9 ± {half} | worse, p < 0.001 | 60 s | 1.0 GiB | 2/2 |",
        f"| triplet | **80.1 ± {half}** | **19.9 ± {half}** | the best | 60 s | 1.0 GiB | 2/2 |",
    ]


def test_summary_tells_the_state_of_the_jobs_and_names_the_failed(sweep_directory: Path) -> None:
    sweep = read(sweep_directory)
    text = summary(sweep, tabulate(sweep).main)
    assert "Not distinguishable from it: contrastive (p = 0.11)." in text
    assert "nothing can be said: center." in text
    assert text.endswith("5 of 6 jobs done, 1 failed.\n\n- center, seed 2 (5): loss is NaN at step 7\n")


def test_bars_in_labels_do_not_end_a_cell() -> None:
    recall = describe("test/recall_at_1")
    found = Table("a|b", (recall,), ())
    assert markdown(found).startswith("| a\\|b | Recall@1 |")
