"""The gallery of a page: every variant's text under its prompt, safe to show."""

import html
import json
import re
from pathlib import Path

import pytest

from embedlab.report import build_report
from embedlab.report.gallery import gallery, how_drawn
from embedlab.report.sweep import read


@pytest.fixture
def make_language_run(tmp_path: Path):
    def write(name: str, model: str, samples: object, perplexity: float = 100.0) -> Path:
        run = tmp_path / name
        run.mkdir(parents=True)
        (run / "overrides.yaml").write_text(f"- model={model}\n- seed=1\n")
        (run / "status.json").write_text('{"status": "done", "seconds": 9.0}')
        (run / "metrics.json").write_text(json.dumps({"test/perplexity": {"value": perplexity}}))
        lines = [{"step": 10 * n, "train/loss": 5 / n, "train/gradient_norm": 3.0 / n} for n in range(1, 9)]
        (run / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        if samples is not None:
            drawn = {"temperature": 0.8, "top_k": None, "top_p": 1.0, "seed": 1, "samples": samples}
            (run / "samples.json").write_text(json.dumps(drawn))
        return run

    return write


def read_text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_sweep_shows_one_prompt_beside_itself(make_language_run, tmp_path: Path) -> None:
    make_language_run("0", "rnn", [{"prompt": "", "text": "of <the>"}, {"prompt": "KING:\n", "text": "Ay"}])
    make_language_run("1", "lstm", [{"prompt": "KING:\n", "text": "No"}, {"prompt": "é", "refused": "'é': unknown"}])
    make_language_run("2", "gru", None)
    make_language_run("3", "window", "broken")
    sweep = read(tmp_path)
    found = {prompt: [(c.variant.label, c.text) for c in shown] for prompt, shown in gallery(sweep).items()}
    assert found == {"": [("rnn", "of <the>")], "KING:\n": [("rnn", "Ay"), ("lstm", "No")], "é": [("lstm", "")]}
    assert how_drawn(sweep) == "temperature 0.8, seed 1"
    page = build_report(tmp_path).page.read_text(encoding="utf-8")
    text = read_text(page)
    assert "The same prompt, continued" in text
    assert "rnn KING: Ay lstm KING: No" in text
    assert "lstm 'é': unknown" in text
    assert "<pre><mark></mark>of &lt;the&gt;</pre>" in page
    assert 'aria-label="the beginning of a text"' in page
    assert "On test classes never seen" not in text


def test_a_run_shows_its_samples_loss_and_gradient(make_language_run, tmp_path: Path) -> None:
    run = make_language_run("run", "lstm", [{"prompt": "KING:\n", "text": "No"}])
    text = read_text(build_report(run).page.read_text(encoding="utf-8"))
    assert "What it writes" in text
    assert "Learning: training loss" in text
    assert "Learning: gradient norm" in text
    assert {"training_loss.svg", "gradient_norm.svg"} <= {path.name for path in (run / "figures").iterdir()}
