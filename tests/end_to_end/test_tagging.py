"""Taggers from the command line: trained, evaluated, then asked for tags; and what a user gets wrong."""

import io
import json
import sys

import pytest

TINY = [
    "data.batch_size=2", "model.hidden_dim=12", "model.embedding_dim=12", "trainer.max_epochs=2", "threads=1",
    "trainer.enable_progress_bar=false", "run_dir=run",
]  # fmt: skip
PATHS = ["data.path=train.conll", "data.val_path=train.conll", "data.test_path=train.conll"]
TEXT = "Ann\tB-person\nLee\tI-person\nsings\tO\n\nin\tO\nRome\tB-city\n\n" * 6


def complaint(done) -> str:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("embedlab: ")]
    return line


def test_from_tagged_to_tagged(command, tmp_path, monkeypatch):
    (tmp_path / "train.conll").write_text(TEXT)
    done = command("train", "experiment=tagging_ner", *PATHS, *TINY, "optimizer.lr=0.05", "trainer.max_epochs=12")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test/entity_f1"]["value"] == 1.0
    assert "entity f1" in done.stdout.lower()
    page = (tmp_path / "run" / "report.html").read_text()
    assert "tag_confusions" in page
    assert "<td" in page.partition("Tag by tag")[2]

    again = command("evaluate", "run")
    assert again.returncode == 0, again.stderr
    assert "test/entity_f1" in again.stdout
    other = command("evaluate", "run", "evaluation=tags")
    assert "test/accuracy" in other.stdout
    (tmp_path / "train.conll").unlink()  # the run alone is enough to tag
    done = command("tag", "run", "Ann Lee sings", "in Rome")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Ann       Lee       sings\nB-person  I-person  O\n\nin  Rome\nO   B-city\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"in Rome\n\n")))
    assert command("tag", "run").stdout == "in  Rome\nO   B-city\n"
    for given, said in ((b"", "there is no text to tag"), (b"caf\xe9", "standard input: not UTF-8 text (at byte 3)")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        assert said in complaint(command("tag", "run"))
    assert "there is no text to tag" in complaint(command("tag", "run", " "))
    assert "no language model" in complaint(command("generate", "run"))
    (tmp_path / "other" / "checkpoints").mkdir(parents=True)
    (tmp_path / "other" / "checkpoints" / "best.ckpt").touch()
    task = "embedlab.tasks.language_modeling.LanguageModeling"
    (tmp_path / "other" / "config.yaml").write_text(f"task: {{_target_: {task}}}\n")
    assert "no tagger; those of experiment=tagging_pos" in complaint(command("tag", "other", "in Rome"))


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("Ann\tO\nLee\n", [], "train.conll, line 2: 1 column, and 2 are needed"),
        (TEXT, ["data.column=5"], "train.conll, line 1: 2 columns, and 5 are needed"),
        (TEXT, ["model=lstm"], "model=Recurrent: taggers take model=tagger"),
        (TEXT.replace("B-", "N"), ["loss.bio=true"], "loss.bio=true: for tags O, B-… and I-…, and Nperson is none"),
    ],
)
def test_what_cannot_be_trained_on(command, tmp_path, content, options, said):
    (tmp_path / "train.conll").write_text(content)
    assert said in complaint(command("train", "experiment=tagging_ner", *PATHS, *TINY, *options))
