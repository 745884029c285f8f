"""`embedlab report DIR` as a user types it."""

import json
from pathlib import Path

JOBS = [{"loss": loss, "seed": seed} for loss in ("contrastive", "triplet") for seed in "123"]


def test_a_sweep_half_failed_and_still_running(make_grid, embedlab, tmp_path: Path) -> None:
    sweep = make_grid(tmp_path / "sweep", JOBS, [0.70, 0.71, 0.72, 0.80, 0.81, 0.82])
    (sweep / "1" / "status.json").write_text(json.dumps({"status": "failed", "error": "out of memory"}))
    (sweep / "5" / "status.json").write_text(json.dumps({"status": "running", "seconds": 0.0}))
    done = embedlab("report", "sweep")
    assert done.returncode == 0, done.stderr
    assert "4 of 6 jobs done, 1 failed, 1 running." in done.stdout
    assert "Failed: contrastive, seed 2 (1): out of memory" in done.stdout
    assert done.stdout.rstrip().endswith("report.html")
    assert {"results.csv", "results.md", "results.tex", "report.html"} <= {path.name for path in sweep.iterdir()}
    again = embedlab("report", "sweep", "--metric", "eer")
    assert "triplet has the best mean EER" in again.stdout


def test_what_is_wrong_takes_one_line(make_grid, embedlab, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    make_grid(tmp_path / "sweep", JOBS[:1], [0.7])
    for arguments, words in (
        (["nowhere"], "no such directory"),
        (["empty"], "no run in it"),
        (["sweep", "--metric", "recal"], "there are: recall_at_1, eer"),
    ):
        done = embedlab("report", *arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
