"""The benchmarks run to their end on the smallest size, checking on the way that all contestants do the same."""

import csv
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(script: str, output: Path, *arguments: str) -> list[dict[str, str]]:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / script, *arguments, "--output", output],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with output.open() as file:
        return list(csv.DictReader(file))


def test_metric_learning(tmp_path):
    rows = run("metric_learning.py", tmp_path / "out.csv", "--sizes", "16")
    assert {(row["triplets"], row["contestant"]) for row in rows} >= {
        (triplets, contestant)
        for triplets in ("all", "semi_hard")
        for contestant in ("fused", "plain", "pytorch-metric-learning")
    }
    assert all(float(row["seconds"]) > 0 for row in rows)


def test_framework(tmp_path):
    rows = run("framework.py", tmp_path / "out.csv", "--rounds", "1", "--steps", "20")
    steps = [row["contestant"] for row in rows if row["measure"].startswith("step")]
    assert steps == ["plain loop", "bare Lightning", "embedlab"] * 2
    assert [row["contestant"] for row in rows if "first step" in row["measure"]] == ["bare Lightning", "embedlab"]
    assert all(float(row["seconds"]) > 0 for row in rows)
