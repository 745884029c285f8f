"""Models of tinyshakespeare's characters under one budget; writes this folder's CSV files and the gallery.

python experiments/char_rnn/run.py OUT [key=value …]     called again, it goes on where it stood

The sweeps lie in OUT/MODEL_rates, one seed at three learning rates, and OUT/MODEL_seeds, two more at that which had
the lowest validation loss; the text lies below EMBEDLAB_DATA. Further overrides, as trainer.max_epochs=1 for a trial,
go to all runs of networks.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from embedlab.running.checkpoints import load_checkpoint

DATA = f"{os.environ.get('EMBEDLAB_DATA', 'data')}/tinyshakespeare"
PROMPT = "ROMEO:"
BUDGET = [
    "trainer.max_epochs=5", "data.batch_size=32", "data.window=64", "optimizer=adam", "scheduler=cosine",
    "trainer.gradient_clip_val=1", "trainer.enable_progress_bar=false", "threads=1", "callbacks.samples=null",
    f'task.gallery.prompts=["{PROMPT}"]',
]  # fmt: skip
WORDS_TO_CHARACTERS = ["data=characters", "~data.val_path", "~data.test_path", f"data.path={DATA}"]
NETWORKS = {  # about 243 000 weights each
    "window": [
        "experiment=window_lm", *WORDS_TO_CHARACTERS, "model.window=16", "model.embedding_dim=32",
        "model.hidden_dim=360",
    ],
    "rnn": ["experiment=char_rnn", "model=rnn", "model.hidden_dim=260"],
    "gru": ["experiment=char_rnn", "model=gru", "model.hidden_dim=149"],
    "lstm": ["experiment=char_rnn", "model=lstm", "model.hidden_dim=128"],
    "transformer": ["experiment=char_transformer", "model.layers=3", "model.hidden_dim=80"],
}  # fmt: skip
RATES = [0.001, 0.003, 0.01]
NGRAMS = [
    "experiment=ngram", "data=characters", f"data.path={DATA}", "data.batch_size=null", "data.window=1000000",
    "model/smoothing=witten_bell,modified_kneser_ney", "model.order=1,2,3,4,5,6,7,8", "threads=1",
    "trainer.enable_progress_bar=false", "callbacks.samples=null", f'task.gallery.prompts=["{PROMPT}"]',
]  # fmt: skip


def sweep(directory: Path, overrides: Iterable[str]) -> list[dict[str, Any]]:
    """Run what is not done yet; a row for each finished run."""
    command = [sys.executable, "-m", "embedlab.cli", "train", "-m", *overrides]
    subprocess.run([*command, f"hydra.sweep.dir={directory.absolute()}"], check=True)
    with (directory / "results.csv").open() as file:
        return [row | measured(directory / row["job"]) for row in csv.DictReader(file) if row["status"] == "done"]


def measured(run: Path) -> dict[str, Any]:
    """What the table of a sweep does not say of a run."""
    history = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    best = min((line for line in history if "val/loss" in line), key=lambda line: line["val/loss"])
    weights = load_checkpoint(run / "checkpoints" / "best.ckpt")["state_dict"].values()
    return {"run": run, "validation": best, "weights": sum({w.data_ptr(): w.numel() for w in weights}.values())}


def row_of(model: str, setting: str, of: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": model, "setting": setting, "seed": of["seed"], "weights": "" if "order" in setting else of["weights"],
        "val/loss": f"{of['validation']['val/loss']:.4f}",
        "val/bits_per_character": f"{of['validation']['val/bits_per_character']:.4f}",
        **{f"test/{name}": f"{float(of[f'test/{name}']):.4f}" for name in ("loss", "bits_per_character")},
        **{name: of[name] for name in ("seconds", "commit", "processor", "cores", "threads")},
    }  # fmt: skip


def best_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return min(runs, key=lambda run: run["validation"]["val/loss"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--only", nargs="+", choices=list(NETWORKS), default=list(NETWORKS), metavar="MODEL")
    parser.add_argument("--seeds", type=int, nargs="*", default=[2, 3], help="beside the first")
    parser.add_argument("--to", metavar="FOLDER", type=Path, default=Path(__file__).parent)
    options = parser.parse_intermixed_args()
    given = [override.partition("=")[0] for override in options.overrides]
    budget = [override for override in BUDGET if override.partition("=")[0] not in given] + options.overrides
    counted = sweep(options.out / "ngrams", NGRAMS)
    rows = [row_of(f"{run['model/smoothing']} n-gram", f"order {run['model.order']}", run) for run in counted]
    shown = {f"{best_of(counted)['model.order']}-gram": best_of(counted)["run"]}
    for model in options.only:
        own = [*NETWORKS[model], *budget]
        runs = sweep(options.out / f"{model}_rates", [*own, "seed=1", f"optimizer.lr={','.join(map(str, RATES))}"])
        shown[model] = best_of(runs)["run"]
        rate = best_of(runs)["optimizer.lr"]
        if options.seeds:
            seeds = f"seed={','.join(map(str, options.seeds))}"
            more = sweep(options.out / f"{model}_seeds", [*own, seeds, f"optimizer.lr={rate}"])
            runs += [run | {"optimizer.lr": rate} for run in more]
        rows += [row_of(model, f"rate {run['optimizer.lr']}", run) for run in runs]
    with (options.to / "models.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    texts = {name: json.loads((run / "samples.json").read_text())["samples"][0]["text"] for name, run in shown.items()}
    gallery = "".join(f"## {name}\n\n```\n{PROMPT}\n{text.strip()}\n```\n\n" for name, text in texts.items())
    (options.to / "gallery.md").write_text(f"# What the models write after “{PROMPT}”\n\n{gallery}".rstrip() + "\n")


if __name__ == "__main__":
    main()
