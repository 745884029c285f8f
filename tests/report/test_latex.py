import math
import re
from pathlib import Path

import pytest

from embedlab.report.latex import escape, latex
from embedlab.report.sweep import read
from embedlab.report.table import tabulate


def test_the_same_table_as_a_booktabs_tabular(make_sweep, tmp_path: Path) -> None:
    make_sweep(tmp_path, {"contrastive": (0.700, 0.702), "triplet": (0.800, 0.802)})
    text = latex(tabulate(read(tmp_path)))
    half = f"{100 * math.tan(math.pi * 0.475) * 0.001:.1f}"  # t(0.975) with one degree of freedom
    assert [line for line in text.splitlines() if not line.startswith("%")] == [
        r"\begin{tabular}{lrrlrrr}",
        r"\toprule",
        r"loss & Recall@1 & EER & Recall@1 beside the best & time & memory & n \\",
        r"\midrule",
        rf"contrastive & 70.1 $\pm$ {half} & 29.9 $\pm$ {half}"
        r" & worse, p \textless{} 0.001 & 60 s & 1.0 GiB & 2/2 \\",
        rf"triplet & \textbf{{80.1}} $\pm$ {half} & \textbf{{19.9}} $\pm$ {half} & the best & 60 s & 1.0 GiB & 2/2 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_ties_and_absent_cells(sweep_directory: Path) -> None:
    text = latex(tabulate(read(sweep_directory)).main)
    assert r"triplet & 90.5 $\pm$ 6.4$^{\approx}$ &" in text
    assert "1/2 (1 failed)" in text
    assert not re.search(r"[^\x00-\x7f]", "".join(line for line in text.splitlines() if not line.startswith("%")))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b & 5 % of $x {y} #1", r"a\_b \& 5 \% of \$x \{y\} \#1"),
        ("~^\\", r"\textasciitilde{}\textasciicircum{}\textbackslash{}"),
        ("|x| < 1 > y", r"\textbar{}x\textbar{} \textless{} 1 \textgreater{} y"),
        ("–", "--"),
    ],
)
def test_special_characters_are_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped
