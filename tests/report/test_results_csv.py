import csv
import json
from pathlib import Path

from embedlab.report.results_csv import write_csv
from embedlab.report.sweep import read


def lines(directory: Path, path: Path) -> list[dict[str, str]]:
    write_csv(read(directory), path)
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_line_per_job(sweep_directory: Path, tmp_path: Path) -> None:
    found = lines(sweep_directory, tmp_path / "results.csv")
    assert len(found) == 6
    assert list(found[0]) == [
        "job", "loss", "seed", "fold", "status", "seconds", "commit", "processor", "cores", "threads",
        "peak_memory_bytes", "peak_gpu_memory_bytes",
        "test/nmi", "test/nmi_low", "test/nmi_high", "test/recall_at_1", "test/recall_at_1_low",
        "test/recall_at_1_high", "test/threshold", "test/threshold_low", "test/threshold_high", "error",
    ]  # fmt: skip
    assert found[3].items() >= {
        "job": "3", "loss": "triplet", "seed": "2", "status": "done", "seconds": "62.0",
        "commit": "0123456789abcdef+changes", "processor": "Some CPU", "peak_memory_bytes": str(1 << 30),
        "test/nmi": str(0.5 + 0.1 * 0.91), "test/recall_at_1": "0.91", "test/recall_at_1_low": "0.9",
        "test/threshold": "1.25", "error": "",
    }.items()  # fmt: skip
    assert (found[5]["status"], found[5]["error"]) == ("failed", "loss is NaN at step 7")
    assert found[5]["test/recall_at_1"] == ""


def test_a_running_job_has_its_line_too(make_run, tmp_path: Path) -> None:
    make_run(tmp_path / "sweep" / "0", "triplet", 1, {"test/nmi": 0.5}, classes=2, per_class=2)
    run = make_run(tmp_path / "sweep" / "1", "center", 1, {}, classes=2, per_class=2)
    (run / "status.json").write_text(json.dumps({"status": "running", "seconds": 0.0}))
    (run / "metrics.json").unlink()
    found = lines(tmp_path / "sweep", tmp_path / "results.csv")[1]
    assert (found["loss"], found["seed"], found["status"], found["seconds"]) == ("center", "1", "running", "")
    assert (found["test/nmi"], found["commit"]) == ("", "0123456789abcdef+changes")
