"""What a word costs as text and vocabulary grow: speed and memory of `embedlab train experiment=word2vec`.

    python benchmarks/word_scale.py [--words 10e6 100e6 1e9] [--vocabulary 100e3 1e6] [--output FILE]

The texts are simulated: words drawn by Zipf's law, 20 a sentence, one file each, of 7 GB for a billion words. Each is
trained on for one epoch, 100 dimensions, on one thread, by the command a user types. Given are the words prepared and
trained in a second, and the most private memory the process had, seen twice a second: the text and the corpus are
mapped or streamed, and the pages of them that the system keeps at hand are not counted. The larger vocabularies are
trained on the second text only.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from machine import machine

CHUNK = 2_000_000  # words
SENTENCE = 20


def write_text(file: Path, words: int, vocabulary: int) -> None:
    """Word n has a share of about 1 / n."""
    draw = np.random.default_rng(0)
    names = [b"w%d" % number for number in range(vocabulary)]
    shares = np.cumsum(1 / np.arange(1, vocabulary + 1))
    with file.open("wb") as out:
        for start in range(0, words, CHUNK):
            of = np.searchsorted(shares, draw.random(min(CHUNK, words - start)) * shares[-1])
            chosen = [names[number] for number in of.tolist()]
            for first in range(0, len(chosen), SENTENCE):
                out.write(b" ".join(chosen[first : first + SENTENCE]) + b"\n")


def private_bytes(process: int) -> int:
    """Of a process; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)


def train(text: Path, folder: Path) -> dict[str, object]:
    command = [
        "train", "experiment=word2vec", f"data.path={text}", f"data.cache={folder / 'cache'}", "data.min_count=1",
        "data.test_sets=[]", "trainer.max_epochs=1", "threads=1", f"run_dir={folder / 'run'}",
        "callbacks.last=null", "callbacks.history.every_n_steps=1",
    ]  # fmt: skip
    began, peak = time.perf_counter(), 0
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "embedlab.cli", *command], env=environment, stdout=subprocess.DEVNULL
    ) as running:
        while running.poll() is None:
            peak = max(peak, private_bytes(running.pid))
            time.sleep(0.5)
    if running.returncode:
        sys.exit(f"embedlab {' '.join(command)}: exit status {running.returncode}")
    history = [json.loads(line) for line in (folder / "run" / "history.jsonl").read_text().splitlines()]
    speeds = [line["train/words_per_second"] for line in history if "train/words_per_second" in line]
    return {
        "seconds": f"{time.perf_counter() - began:.1f}", "trained_words_per_second": f"{median(speeds):.4g}",
        "peak_private_bytes": peak,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=float, nargs="+", default=[10e6, 100e6, 1e9])
    parser.add_argument("--vocabulary", type=float, nargs="+", default=[100e3, 1e6])
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".csv"))
    given = parser.parse_args()
    sizes = [(int(words), int(given.vocabulary[0])) for words in given.words]
    sizes += [(int(given.words[min(1, len(given.words) - 1)]), int(size)) for size in given.vocabulary[1:]]
    rows: list[dict[str, object]] = []
    for words, vocabulary in sizes:
        with tempfile.TemporaryDirectory() as name:
            text = Path(name, "text.txt")
            write_text(text, words, vocabulary)
            about = {"words": words, "vocabulary": vocabulary, "text_bytes": text.stat().st_size}
            rows.append({**about, **train(text, Path(name)), **machine(1, "numba", "pytorch-lightning")})
        print(rows[-1], flush=True)
        with given.output.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    print(f"written to {given.output}")


if __name__ == "__main__":
    main()
