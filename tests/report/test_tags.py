"""A page of taggers: a table of tags and a picture of confusions for each variant."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from embedlab.report import build_report
from embedlab.report.runs import Measured
from embedlab.report.sweep import read
from embedlab.report.tags import Tag, TagTable, tag_tables

NAN = float("nan")


@pytest.fixture
def tagging_run(tmp_path: Path):
    def write(name: str, encoder: str) -> Path:
        run = tmp_path / name
        (run / "evaluation").mkdir(parents=True)
        (run / "config.yaml").write_text("name: tagging_pos\nseed: 1\n")
        (run / "overrides.yaml").write_text(f"- model.encoder={encoder}\n")
        (run / "status.json").write_text('{"status": "done", "seconds": 9.0}')
        accuracy = {"value": 0.957, "low": 0.954, "high": 0.96}
        (run / "metrics.json").write_text(
            json.dumps({"test/accuracy": accuracy, "test/unseen_accuracy": {"value": 0.8}})
        )
        np.savez(
            run / "evaluation" / "test.npz",
            tag_names=np.array(["NOUN", "X"]),
            tag_counts=np.array([1200, 3]),
            tag_scores=np.array([[[0.93, 0.91, 0.95], [0.9, 0.8, 1.0], [0.915, 0.9, 0.93]], [[0, NAN, NAN]] * 3]),
            tag_unit=np.array("words"),
            confusion_names=np.array(["NOUN", "X"]),
            confusions=np.array([[1080, 120], [3, 0]]),
        )
        return run

    return write


def test_tables(tagging_run) -> None:
    (table,) = tag_tables(read(tagging_run("run", "lstm"))).values()
    noun = Tag("NOUN", 1200, (Measured(0.93, 0.91, 0.95), Measured(0.9, 0.8, 1.0), Measured(0.915, 0.9, 0.93)))
    assert table == TagTable("words", (noun, Tag("X", 3, (Measured(0.0),) * 3)))


def test_the_page_of_a_sweep(tagging_run, tmp_path: Path) -> None:
    for job, encoder in enumerate(("lstm", "gru")):
        tagging_run(str(job), encoder)
    page = build_report(tmp_path).page.read_text(encoding="utf-8")
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert "tag precision recall F1 words NOUN 93.0 91 – 95 90.0 80 – 100 91.5 90 – 93 1,200 X 0.0 0.0 0.0 3" in text
    assert "Accuracy" in text
    assert "never seen in training" not in text
    assert 'id="tag_confusions"' in page
    assert "What is taken for what" in text
    drawing = (tmp_path / "figures" / "tag_confusions.svg").read_text()
    written = re.findall(r">(\d+)</text>", drawing)
    assert sorted(written) == sorted(["90", "10", "100"] * 2)  # shares of rows; nothing is not written
