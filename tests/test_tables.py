"""Every table of the experiments and the benchmarks is what its CSV files give."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_table_is_out_of_date():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "tables.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_experiment_says_how_it_was_run():
    for folder in (path for path in (ROOT / "experiments").iterdir() if path.is_dir()):
        text = (folder / "README.md").read_text()
        assert "embedlab train" in text, folder
        for file in folder.glob("*.csv"):
            assert file.name in text, file
