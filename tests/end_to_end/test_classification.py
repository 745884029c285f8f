"""Classifiers of texts from the command line: trained, evaluated, asked; and what a user gets wrong."""

import io
import json
import sys

import pytest

TINY = [
    "data=sentences", "data.batch_size=4", "model.embedding_dim=8", "model.maps=6", "trainer.max_epochs=40",
    "threads=1", "trainer.enable_progress_bar=false", "run_dir=run", "data.path=my.csv", "data.text=review",
    "data.label=stars",
]  # fmt: skip
TABLE = "review,stars\n" + "a fine film,5\nso very dull,1\nFine and warm,5\ndull dull,1\n" * 10


def complaint(done) -> str:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("embedlab: ")]
    return line


def test_from_a_table_to_classes(command, tmp_path, monkeypatch):
    (tmp_path / "my.csv").write_text(TABLE)
    done = command("train", "experiment=kim_cnn", *TINY)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test/accuracy"]["value"] == 1.0
    assert "Accuracy" in done.stdout
    assert "Class by class" in (tmp_path / "run" / "report.html").read_text()
    again = command("evaluate", "run")
    assert "test/macro_f1" in again.stdout, again.stderr

    (tmp_path / "my.csv").unlink()  # the run alone is enough to classify
    done = command("classify", "run", "a FINE film", "dull")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(label, text) for label, _, text in lines] == [("5", "a FINE film"), ("1", "dull")]
    assert all(0.5 < float(probability) <= 1 for _, probability, _ in lines)
    (tmp_path / "new.txt").write_text("so dull\n\nwarm\n")
    assert [line[0] for line in command("classify", "run", "--file", "new.txt").stdout.splitlines()] == ["1", "5"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"so dull\n")))
    assert command("classify", "run").stdout.startswith("1\t")
    (tmp_path / "latin").write_bytes(b"caf\xe9\n")
    assert "latin: not UTF-8 text (at byte 3)" in complaint(command("classify", "run", "--file", "latin"))
    assert "--file nowhere: no such file" in complaint(command("classify", "run", "--file", "nowhere"))
    assert "there is no word in the text ' '" in complaint(command("classify", "run", " "))
    assert "knows none of its words, as 'zzz'" in complaint(command("classify", "run", "zzz"))
    assert "a text of 100,000 words" in complaint(command("classify", "run", "dull " * 100_000))
    assert "no tagger" in complaint(command("tag", "run", "dull"))


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (TABLE + "dull\n", [], "my.csv, line 42: 1 columns, and its first line names 2"),
        (TABLE, ["data.label=star"], "my.csv: data.label=star: no such column; there are review, stars"),
        (TABLE.replace(",1", ",5"), [], "all texts to train on are of one class, '5'"),
        (TABLE, ["model=lstm"], "model"),
        (TABLE, ["model.vectors=v.txt"], "vectors of 3 numbers, and the model's are of 8; take model.embedding_dim=3"),
    ],
)
def test_what_cannot_be_trained_on(command, tmp_path, content, options, said):
    (tmp_path / "my.csv").write_text(content)
    (tmp_path / "v.txt").write_text("1 3\nfilm 1 2 3\n")
    assert said in complaint(command("train", "experiment=kim_cnn", *TINY, *options))
