"""From a text file to word vectors: the vocabulary, the whole run, and what the frame takes of it, beside gensim.

    python benchmarks/word_runs.py [--words 8000000] [--epochs 5] [--rounds 3] [--output benchmarks/word_runs.csv]

The text is that of word_vectors.py: one sentence a line, lower-case words with spaces between. One thread each.

vocabulary      ours: reading, counting, and writing the corpus as numbers; gensim's `build_vocab` counts only
whole run       the commands from start to saved vectors, interpreter and imports included: `embedlab train
                experiment=word2vec`, which shares negatives, and a script that trains and saves gensim's skip-gram
frame           the share of a training's time, checkpoints and logs included, that is not spent in the kernel

Contestants take turns, round by round; ratios are taken within a round: their median, lowest and highest are given.
"""

import argparse
import csv
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median

import hydra
from clocked_words import ClockedWordVectors
from machine import machine
from word_vectors import DIM, MIN_COUNT, NEGATIVES, SAMPLE, WINDOW, Corpus

from embedlab.data.preparation import Preparation
from embedlab.running.catalog import conf_dir
from embedlab.running.launch import launch
from embedlab.running.rundir import RunDir
from embedlab.text import Whitespace

GENSIM = f"""
import sys
from gensim.models import Word2Vec
file, vectors, epochs = sys.argv[1:]
model = Word2Vec(corpus_file=file, sg=1, vector_size={DIM}, window={WINDOW}, negative={NEGATIVES}, sample={SAMPLE},
                 min_count={MIN_COUNT}, epochs=int(epochs), workers=1)
model.wv.save_word2vec_format(vectors, binary=True)
"""


def overrides(file: Path, directory: Path, epochs: int) -> list[str]:
    """The run as `embedlab train` takes it; its corpus is prepared within, not found in a cache."""
    return [
        "experiment=word2vec", f"data.path={file}", "data.tokenizer._target_=embedlab.text.Whitespace",
        "~data.tokenizer.lower", "~data.tokenizer.fold_yo", f"data.cache={directory / 'cache'}", "data.test_sets=[]",
        f"trainer.max_epochs={epochs}", "threads=1", f"run_dir={directory / 'run'}",
    ]  # fmt: skip


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def vocabulary(file: Path) -> tuple[float, float]:
    """Seconds of both."""
    from gensim.models import Word2Vec

    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        Preparation(tokenizer=Whitespace(), min_count=MIN_COUNT)(file, cache)
        ours = time.perf_counter() - began
    model = Word2Vec(min_count=MIN_COUNT, sample=SAMPLE)
    began = time.perf_counter()
    model.build_vocab(corpus_file=str(file))
    return ours, time.perf_counter() - began


def whole_run(file: Path, epochs: int) -> tuple[float, float]:
    """Seconds of both."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        ours = seconds([sys.executable, "-m", "embedlab.cli", "train", *overrides(file, directory, epochs)])
        vectors = directory / "vectors.bin"
        theirs = seconds([sys.executable, "-c", GENSIM, str(file), str(vectors), str(epochs)])
    return ours, theirs


def frame(file: Path, epochs: int) -> tuple[float, float]:
    """Seconds of a training, and of its kernel alone, in a process of its own, whose memory gensim has not used."""
    command = [sys.executable, __file__, "--frame", str(file), "--epochs", str(epochs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole, kernel = json.loads(done.stdout.splitlines()[-1])
    return whole, kernel


def clocked(file: Path, epochs: int) -> tuple[float, float]:
    """The same, in this process."""
    with tempfile.TemporaryDirectory() as name:
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            of = [*overrides(file, Path(name), epochs), "task._target_=clocked_words.ClockedWordVectors"]
            config = hydra.compose("train", of)
        launch(config, RunDir(Path(name, "run")), [])
    return ClockedWordVectors.trainings[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=8_000_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frame", type=Path, metavar="FILE", help="only a training on this text, and only its seconds")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".csv"))
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.ERROR)
    if given.frame:
        print(json.dumps(clocked(given.frame, given.epochs)))
        return
    found: dict[str, list[tuple[float, float]]] = {"vocabulary": [], "whole run": [], "frame": []}
    with tempfile.TemporaryDirectory() as folder:
        whole_run(Corpus(100_000, Path(folder)).file, 1)  # compiles
        corpus = Corpus(given.words, Path(folder))
        for _ in range(given.rounds):
            found["vocabulary"].append(vocabulary(corpus.file))
            found["whole run"].append(whole_run(corpus.file, given.epochs))
            found["frame"].append(frame(corpus.file, given.epochs))
            print({name: rounds[-1] for name, rounds in found.items()}, flush=True)
    rows = []
    for name, rounds in found.items():
        first, second = (median(column) for column in zip(*rounds, strict=True))
        ratios = sorted(1 - other / ours if name == "frame" else other / ours for ours, other in rounds)
        rows.append({
            "measure": name, "seconds": f"{first:.3g}", "seconds_gensim": "" if name == "frame" else f"{second:.3g}",
            "seconds_kernel": f"{second:.3g}" if name == "frame" else "", "ratio": f"{median(ratios):.3g}",
            "ratio_low": f"{ratios[0]:.3g}", "ratio_high": f"{ratios[-1]:.3g}", "rounds": given.rounds,
            "words": corpus.tokens, "epochs": given.epochs, **machine(1, "numba", "gensim", "pytorch-lightning"),
        })  # fmt: skip
    with given.output.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"written to {given.output}")


if __name__ == "__main__":
    main()
