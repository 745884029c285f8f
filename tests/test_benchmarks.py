"""The benchmark runs to its end on the smallest size, checking values and gradients against the peer on the way."""

import csv
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "metric_learning.py"


def test_metric_learning(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--sizes", "16", "--output", tmp_path / "out.csv"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["triplets"], row["contestant"]) for row in rows} >= {
        (triplets, contestant)
        for triplets in ("all", "semi_hard")
        for contestant in ("fused", "plain", "pytorch-metric-learning")
    }
    assert all(float(row["seconds"]) > 0 for row in rows)
