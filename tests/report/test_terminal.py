import io
import re
from pathlib import Path

from rich.console import Console

from embedlab.report.sweep import read
from embedlab.report.table import tabulate
from embedlab.report.terminal import terminal_table


def shown(directory: Path) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    sweep = read(directory)
    console.print(terminal_table(sweep, tabulate(sweep).main))
    return console.export_text()


def test_means_intervals_cost_and_jobs(sweep_directory: Path) -> None:
    text = shown(sweep_directory)
    assert re.search(r"triplet\s+90\.5 ±6\.4 ≈\s+59\.1 ±0\.6 ≈\s+62 s\s+1\.0 GiB\s+2/2", text)
    assert re.search(r"center\s+70\.0 ±1\.0", text)
    assert "5 of 6 jobs done, 1 failed." in text
    assert "Failed: center, seed 2 (5): loss is NaN at step 7" in text


def test_a_long_table_is_cut_and_says_so(make_grid, tmp_path: Path) -> None:
    text = shown(make_grid(tmp_path, [{"margin": str(n)} for n in range(25)], [n / 100 for n in range(25)]))
    assert "… and 5 more variants, see results.md" in text
    assert re.search(r"^ +19 ", text, re.MULTILINE)
    assert not re.search(r"^ +20 ", text, re.MULTILINE)
