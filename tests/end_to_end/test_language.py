"""Language models from the command line: trained, evaluated, then asked for text; and what a user gets wrong."""

import json

import pytest

TINY = ["data.batch_size=4", "data.window=10", "model.hidden_dim=16", "model.embedding_dim=16", "trainer.max_epochs=2"]


def test_from_text_to_text(embedlab, command, tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDLAB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "text.txt").write_text("to be, or not to be\n" * 100)
    done = embedlab(
        "train", "experiment=char_rnn", "data.path=text.txt", *TINY, "optimizer.lr=0.01", "threads=1", "run_dir=run",
        "task.gallery.prompts=[to be]", "task.gallery.length=30",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    metrics = {
        key: entry["value"] for key, entry in json.loads((tmp_path / "run" / "metrics.json").read_text()).items()
    }
    assert metrics["test/tokens"] == metrics["test/characters"] == 100
    assert 1 < metrics["test/perplexity"] < 4
    assert 2 ** metrics["test/bits_per_character"] == pytest.approx(metrics["test/perplexity"])
    assert "perplexity" in (tmp_path / "run" / "report.html").read_text()
    history = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert all(line["train/gradient_norm"] > 0 for line in history if "train/loss" in line)
    samples = json.loads((tmp_path / "run" / "samples.json").read_text())["samples"]
    assert [(sample["prompt"], len(sample["text"])) for sample in samples] == [("to be", 30)]
    assert samples[0]["text"] in (tmp_path / "run" / "report.html").read_text()

    again = command("evaluate", "run")
    assert again.returncode == 0, again.stderr
    assert f"{metrics['test/perplexity']:.4f}" in again.stdout
    (tmp_path / "text.txt").unlink()  # the run alone is enough to generate from
    asked = ["generate", "run", "--prompt", "to be", "--length", "40", "--temperature", "0.5"]
    first = embedlab(*asked, "--seed", "7")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("to be")
    assert len(first.stdout) == len("to be") + 40 + 1
    assert set(first.stdout) <= set("to be, or n\n")
    assert command(*asked, "--seed", "7").stdout == first.stdout
    assert command(*asked, "--seed", "8").stdout != first.stdout
    for arguments, said in (
        (["--prompt", "Café"], "--prompt: 'C', 'a', 'f', 'é': not among the 10 tokens that the model knows"),
        (["--temperature", "0"], "temperature=0: above 0"),
    ):
        done = command("generate", "run", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"embedlab: {said}")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (b"", [], "text.txt: an empty file"),
        (b"caf\xe9 au lait\n" * 30, [], "text.txt: not UTF-8 text"),
        (b"aaaa", ["data.val_path=text.txt", "data.test_path=text.txt"], "the corpus holds one word only, 'a'"),
        (
            b"to be\n" * 30,
            ["data.window=100"],
            "data.window=100: of the 162 tokens to train on each of data.batch_size",
        ),
        (b"to be\n", [], "text.txt: too few lines to split off 0.05, 0.05 of the text"),
        (b"to be\n" * 30, ["model.tied=true", "model.hidden_dim=9"], "model.embedding_dim=16 and model.hidden_dim=9"),
        (b"to be\n" * 30, ["loss=triplet"], "loss=TripletLoss: language models take loss=cross_entropy"),
        (None, [], "text.txt: no such text file"),
    ],
)
def test_what_cannot_be_trained_on(command, tmp_path, monkeypatch, text, options, said):
    monkeypatch.setenv("EMBEDLAB_CACHE", str(tmp_path / "cache"))
    if text is not None:
        (tmp_path / "text.txt").write_bytes(text)
    done = command("train", "experiment=char_rnn", "data.path=text.txt", *TINY, *options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("embedlab: ")]
    assert said in line
