"""A page of classifiers of texts: classes, calibration, and what they were surest of and wrong about."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from embedlab.report import build_report
from embedlab.report.mistakes import Mistake, mistakes
from embedlab.report.sweep import read


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "config.yaml").write_text("name: kim_cnn\nseed: 1\n")
    (tmp_path / "overrides.yaml").write_text("[]\n")
    (tmp_path / "status.json").write_text('{"status": "done", "seconds": 9.0}')
    (tmp_path / "metrics.json").write_text(
        json.dumps({"test/accuracy": {"value": 0.5}, "test/vector_coverage": {"value": 0.9}})
    )
    np.savez(
        tmp_path / "evaluation" / "test.npz",
        tag_names=np.array(["good", "bad"]), tag_counts=np.array([3, 1]), tag_scores=np.full((2, 3, 3), 0.5),
        tag_unit=np.array("texts"), confusion_names=np.array(["good", "bad"]), confusions=np.array([[1, 2], [0, 1]]),
        texts=np.array(["fine", "x" * 400, "so <b>dull</b>", "dull"]),
        text_labels=np.array(["good", "good", "good", "bad"]),
        text_predictions=np.array(["good", "bad", "bad", "bad"]), text_confidences=np.array([0.9, 0.6, 0.8, 0.7]),
        calibration_counts=np.array([0, 4]), calibration_confidence=np.array([0, 0.75]),
        calibration_share=np.array([0, 0.5]),
    )  # fmt: skip
    return tmp_path


def test_the_surest_come_first(run) -> None:
    assert mistakes(read(run)) == {
        next(iter(read(run).variants)).label: (
            Mistake("so <b>dull</b>", "good", "bad", 0.8), Mistake("x" * 299 + "…", "good", "bad", 0.6),
        )
    }  # fmt: skip


def test_the_page(run) -> None:
    page = build_report(run).page.read_text(encoding="utf-8")
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert "Class by class" in text
    assert "Tag by tag" not in text
    assert "class precision recall F1 texts good 50.0" in text
    assert "Sure, and wrong" in text
    assert "so <b>dull</b> good bad 0.800" in text
    assert 'id="calibration"' in page
    assert "Vectors' coverage" in text
    drawing = (run / "figures" / "calibration.svg").read_text()
    assert "given rightly" in drawing
