"""Markov models from the command line: counted, evaluated, asked for text, exported; and what a user gets wrong."""

import json
import random


def test_from_text_to_text(command, tmp_path, monkeypatch):
    draw = random.Random(0)
    text = "\n".join(" ".join(draw.choices("abcdefgh", [8, 7, 6, 5, 4, 3, 2, 1], k=9)) for _ in range(200))
    (tmp_path / "text.txt").write_text(text + "\n")
    monkeypatch.setenv("EMBEDLAB_CACHE", str(tmp_path / "cache"))
    train = ["train", "experiment=ngram", "data.path=text.txt", "threads=1", "trainer.enable_progress_bar=false"]
    done = command(*train, "model.order=4", "run_dir=run")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert 5 < metrics["test/perplexity"]["value"] < 10  # of eight words, not all equally frequent, and the end
    assert metrics["test/tokens"]["value"] == 100
    again = command("evaluate", "run")
    assert again.returncode == 0, again.stderr
    assert f"{metrics['test/perplexity']['value']:.3f}" in again.stdout

    (tmp_path / "text.txt").unlink()  # the run alone is enough to write
    asked = ["generate", "run", "--prompt", "a b", "--length", "20", "--temperature", "0.5"]
    first = command(*asked, "--seed", "7")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("a b ")
    assert len(first.stdout.split()) > 15
    assert command(*asked, "--seed", "7").stdout == first.stdout != command(*asked, "--seed", "8").stdout
    searched = command("generate", "run", "--prompt", "a b", "--length", "5", "--beam", "3")
    assert (searched.returncode, searched.stderr) == (0, "")
    exported = command("export", "run", "--format", "arpa")
    assert exported.stdout.strip() == "run/exports/model.arpa"
    assert (tmp_path / "run/exports/model.arpa").read_text().startswith("\\data\\\nngram 1=11\n")
    for arguments, said in (
        (["--prompt", "a z"], "--prompt: 'z': not among the 10 tokens that the model knows"),
        (["--beam", "2", "--temperature", "0.5"], "--beam 2: it leaves nothing to chance; leave out --temperature"),
        (["--temperature", "0"], "temperature=0: above 0"),
    ):
        done = command("generate", "run", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"embedlab: {said}")
        assert done.stderr.count("\n") == 1
    (tmp_path / "text.txt").write_text(text)
    for order in (0, 11):
        done = command(*train, f"model.order={order}")
        assert done.returncode == 2
        assert [line for line in done.stderr.splitlines() if line.startswith("embedlab: ")] == [
            f"embedlab: order={order}: n-grams are of 1 to 10 words"
        ]
