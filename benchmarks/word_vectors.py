"""Training speed of word vectors beside gensim and the native fastText, from ids to vectors, in one run.

    python benchmarks/word_vectors.py [--words 4000000] [--rounds 5] [--output benchmarks/word_vectors.csv]
    python benchmarks/word_vectors.py --quality [--epochs 5] [--seeds 1 2 3]

The corpus is the beginning of `$EMBEDLAB_DATA/enwiki_100m`: its lines, of them the lower-cased runs of a–z. All train
100-d vectors, window 5, 5 negatives, subsampling 1e-3, words of 5 occurrences or more. Contestants take turns, round
by round, and the ratio is taken within a round, so that other work on the machine slows all alike; given is the median
of rounds, with the lowest and highest. Beside the ratio of times that of processor times, which other work touches
less. Gensim trains in its fastest way, from a file of sentences. The native fastText does not say how long its
vocabulary took, so it is charged for the difference of three epochs and one. With --quality: Spearman's correlation
with WordSim-353 and SimLex-999 and the share of Google's analogies, after some epochs, for each seed, on one thread.
"""

import argparse
import csv
import lzma
import os
import platform
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from embedlab.data.word_sets import read_word_sets
from embedlab.evaluation.words import evaluate_words
from embedlab.kernels.cbow import train_cbow
from embedlab.kernels.fasttext import train_fasttext_cbow, train_fasttext_skip_gram
from embedlab.kernels.hierarchical_softmax import path_targets, train_cbow_on_paths, train_skip_gram_on_paths
from embedlab.kernels.parallel import run_blocks
from embedlab.kernels.skip_gram import train_skip_gram
from embedlab.kernels.vector_tiles import zeros
from embedlab.kernels.word_random import alias_table, keep_thresholds, stream
from embedlab.text.huffman import HuffmanTree
from embedlab.text.subwords import Subwords
from embedlab.vectors import WordVectors

DIM, WINDOW, NEGATIVES, SAMPLE, MIN_COUNT = 100, 5, 5, 1e-3, 5
BLOCK = 50_000  # words


@dataclass(frozen=True)
class Method:
    """A way of training, and how the peers call it."""

    train: Callable[..., tuple[int, float]]
    rate: float
    gensim: dict[str, object]
    native: str | None = None  # the native fastText's model
    paths: bool = False


METHODS = {
    "skip-gram": Method(train_skip_gram, 0.025, {"sg": 1}),
    "skip-gram, shared negatives": Method(partial(train_skip_gram, negatives_shared=True), 0.025, {"sg": 1}),
    "cbow": Method(train_cbow, 0.05, {"sg": 0}),
    "skip-gram, hierarchical softmax": Method(
        train_skip_gram_on_paths, 0.025, {"sg": 1, "hs": 1, "negative": 0}, paths=True
    ),
    "cbow, hierarchical softmax": Method(train_cbow_on_paths, 0.05, {"sg": 0, "hs": 1, "negative": 0}, paths=True),
    "fasttext skip-gram": Method(train_fasttext_skip_gram, 0.05, {"sg": 1}, native="skipgram"),
    "fasttext cbow": Method(train_fasttext_cbow, 0.05, {"sg": 0}, native="cbow"),
}


class Corpus:
    """The same text as a file for the peers and as ids for the kernels."""

    def __init__(self, words: int, folder: Path) -> None:
        self.file = folder / "corpus.txt"
        sentences = list(self._sentences(words))
        counts = Counter(word for sentence in sentences for word in sentence)
        self.tokens = sum(counts.values())
        kept = sorted((w for w, c in counts.items() if c >= MIN_COUNT), key=lambda w: -counts[w])
        self.words, self.counts = kept, np.array([counts[word] for word in kept], np.int64)
        index = {word: number for number, word in enumerate(kept)}
        # The kernels drop the rare words before, the peers while they train.
        encoded = [[index[word] for word in sentence if word in index] for sentence in sentences]
        self.ids = np.array([word for sentence in encoded for word in sentence], np.int32)
        self.offsets = np.concatenate([[0], np.cumsum([len(sentence) for sentence in encoded])]).astype(np.int64)
        self.file.write_text("".join(" ".join(sentence) + "\n" for sentence in sentences))
        self.keep, self.noise = keep_thresholds(self.counts, SAMPLE), alias_table(self.counts)
        tree = HuffmanTree.of(self.counts)
        self.paths = path_targets(tree.points, tree.codes), tree.bounds
        marks = np.arange(0, self.offsets[-1] + BLOCK, BLOCK)
        self.bounds = np.unique(np.searchsorted(self.offsets, marks).clip(max=len(self.offsets) - 1))

    @staticmethod
    def _sentences(words: int) -> Iterator[list[str]]:
        root = os.environ.get("EMBEDLAB_DATA") or sys.exit("EMBEDLAB_DATA names no folder: it holds enwiki_100m")
        with lzma.open(Path(root) / "enwiki_100m" / "enwiki_100m.txt.xz", "rt", encoding="utf-8") as file:
            for line in file:
                sentence = re.findall("[a-z]+", line.lower())[:words]
                if sentence:
                    words -= len(sentence)
                    yield sentence
                if not words:
                    return


class Ours:
    """The kernels on tables of their own."""

    def __init__(self, corpus: Corpus, method: Method, seed: int = 1) -> None:
        self.corpus, self.method, self.seed = corpus, method, seed
        draw = np.random.default_rng(seed)
        self.subwords = None
        rows = len(corpus.words)
        if method.native:
            self.subwords = Subwords(rows).of_vocabulary(corpus.words)
            rows = Subwords(rows).rows
        self.inputs, self.outputs = zeros(rows, DIM), zeros(len(corpus.words), DIM)
        half = 1 / DIM if method.native else 0.5 / DIM
        self.inputs[:, :DIM] = draw.uniform(-half, half, (rows, DIM))

    def train(self, epochs: int, threads: int) -> None:
        corpus, method = self.corpus, self.method
        tables = self.inputs, self.outputs, corpus.ids, corpus.offsets
        blocks = len(corpus.bounds) - 1

        def rate(done: int) -> float:
            return method.rate + (1e-4 - method.rate) * done / (blocks * epochs)

        def train(block: int, first: int, last: int, epoch: int) -> tuple[int, float]:
            done = epoch * blocks + block
            rates, seed = (rate(done), rate(done + 1)), stream(self.seed, done)
            if method.paths:
                return method.train(*tables, first, last, WINDOW, *corpus.paths, *rates, corpus.keep, seed)
            rest = self.subwords or ()
            return method.train(*tables, first, last, WINDOW, NEGATIVES, *rates, corpus.keep, corpus.noise, seed, *rest)

        for epoch in range(epochs):
            run_blocks(partial(train, epoch=epoch), corpus.bounds, threads)

    def vectors(self) -> np.ndarray:
        if self.subwords is None:
            return self.inputs[:, :DIM]
        rows, bounds = self.subwords
        sums = np.add.reduceat(self.inputs[rows, :DIM], bounds[:-1], axis=0)
        return sums / np.diff(bounds)[:, None]


def gensim_model(corpus: Corpus, method: Method, threads: int, epochs: int, seed: int = 1):
    from gensim.models import FastText, Word2Vec

    common = {"vector_size": DIM, "window": WINDOW, "negative": NEGATIVES, "sample": SAMPLE, "min_count": MIN_COUNT}
    common |= {"alpha": method.rate, "workers": threads, "epochs": epochs, "seed": seed, **method.gensim}
    model = (FastText if method.native else Word2Vec)(**common)
    model.build_vocab(corpus_file=str(corpus.file))
    return model


def seconds_of(work: Callable[[], object]) -> np.ndarray:
    """By the clock, and of the processor."""
    start = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.array([time.perf_counter(), time.process_time()]) - start


def time_ours(corpus: Corpus, method: Method, threads: int) -> np.ndarray:
    contestant = Ours(corpus, method)
    return seconds_of(lambda: contestant.train(1, threads))


def train_gensim(model, corpus: Corpus, epochs: int) -> None:
    model.train(corpus_file=str(corpus.file), total_words=model.corpus_total_words, epochs=epochs)


def time_gensim(corpus: Corpus, method: Method, threads: int) -> np.ndarray:
    model = gensim_model(corpus, method, threads, 1)
    return seconds_of(lambda: train_gensim(model, corpus, 1))


def native_model(corpus: Corpus, method: Method, threads: int, epochs: int):
    import fasttext

    return fasttext.train_unsupervised(
        str(corpus.file), model=method.native, dim=DIM, ws=WINDOW, neg=NEGATIVES, t=SAMPLE, minCount=MIN_COUNT,
        lr=method.rate, epoch=epochs, thread=threads, verbose=0,
    )  # fmt: skip


def time_native(corpus: Corpus, method: Method, threads: int) -> np.ndarray:
    three, one = (seconds_of(lambda e=epochs: native_model(corpus, method, threads, e)) for epochs in (3, 1))
    return (three - one) / 2


def peers(method: Method) -> dict[str, Callable[[Corpus, Method, int], np.ndarray]]:
    there: dict[str, Callable[[Corpus, Method, int], np.ndarray]] = {}
    for name, timed in (("gensim", time_gensim), ("fasttext", time_native)):
        try:
            version(name)
        except PackageNotFoundError:
            continue
        if name == "gensim" or method.native:
            there[name] = timed
    return there


def speed(
    corpus: Corpus, names: list[str], threads: list[int], rounds: int, console: Console
) -> list[dict[str, object]]:
    times: dict[tuple[str, int, str], list[np.ndarray]] = {}
    for name in names:
        Ours(corpus, METHODS[name]).train(1, 1)  # compiles
    for turn in range(rounds):
        taken: dict[str, np.ndarray] = {}  # of a peer in this round: it trains some of our methods in one way
        for name in names:
            method = METHODS[name]
            for count in threads:
                times.setdefault((name, count, "embedlab"), []).append(time_ours(corpus, method, count))
                for who, timed in peers(method).items():
                    key = f"{who} {method.gensim} {method.native} {count}"
                    if key not in taken:
                        taken[key] = timed(corpus, method, count)
                    times.setdefault((name, count, who), []).append(taken[key])
        console.print(f"round {turn + 1} of {rounds}: done", style="dim")
    rows = []
    for (name, count, who), seconds in times.items():
        rate = corpus.tokens / median(clock for clock, _ in seconds)
        row: dict[str, object] = {
            "method": name, "threads": count, "contestant": who, "rounds": rounds, "words_per_second": f"{rate:.4g}",
        }  # fmt: skip
        if who != "embedlab":
            ours = times[name, count, "embedlab"]
            ratios = np.array([theirs / mine for mine, theirs in zip(ours, seconds, strict=True)])
            for label, column in zip(("times_faster", "times_less_processor_time"), ratios.T, strict=True):
                row[label], row[f"{label}_low"], row[f"{label}_high"] = (
                    f"{value:.3g}" for value in (median(column), column.min(), column.max())
                )
        rows.append(row)
    return rows


SETS = {"ws353": "ws353_spearman", "simlex999": "simlex999_spearman", "google_analogies": "google_analogies_3cosadd"}


def quality(corpus: Corpus, names: list[str], epochs: int, seeds: list[int]) -> list[dict[str, object]]:
    """Correlations and share of analogies, × 100, over what both words or all four are known of."""
    sets = read_word_sets(list(SETS), os.environ["EMBEDLAB_DATA"])
    made: dict[str, dict[str, object]] = {}  # of gensim, which trains some of our methods in one way

    def figures(words: list[str], vectors: np.ndarray) -> dict[str, object]:
        found = evaluate_words(WordVectors(words, vectors), sets)
        return {name: f"{100 * found[metric].value:.2f}" for name, metric in SETS.items()}

    rows: list[dict[str, object]] = []
    for seed in seeds:
        for name in names:
            method = METHODS[name]
            ours = Ours(corpus, method, seed)
            ours.train(epochs, 1)
            key = f"{method.gensim} {method.native} {seed}"
            if key not in made:
                model = gensim_model(corpus, method, 1, epochs, seed)
                train_gensim(model, corpus, epochs)
                made[key] = figures(model.wv.index_to_key, model.wv.vectors)
            for who, found in (("embedlab", figures(corpus.words, ours.vectors())), ("gensim", made[key])):
                rows.append({"method": name, "contestant": who, "seed": seed, "epochs": epochs, **found})
                print(rows[-1], flush=True)
    return rows


def hardware() -> dict[str, object]:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    made: dict[str, object] = {"cpu": names[0] if names else platform.machine(), "cores": os.cpu_count()}
    for package in ("numba", "gensim", "fasttext"):
        try:
            made[package] = version(package)
        except PackageNotFoundError:
            made[package] = ""
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=4_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(arguments.words, Path(folder))
        console.print(f"{corpus.tokens:,} words, {len(corpus.words):,} different ones", style="dim")
        if arguments.quality:
            rows = quality(corpus, arguments.methods, arguments.epochs, arguments.seeds)
        else:
            rows = speed(corpus, arguments.methods, arguments.threads, arguments.rounds, console)
    kind = "_quality.csv" if arguments.quality else ".csv"
    output = arguments.output or Path(__file__).with_name(Path(__file__).stem + kind)
    fields = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(*fields)
    for row in rows:
        table.add_row(*(str(row.get(field, "")) for field in fields))
    console.print(table)
    about = {"corpus_words": corpus.tokens, **hardware()}
    rows = [{**row, **about} for row in rows]
    if output.exists():  # what was measured of other methods stays
        with output.open() as file:
            rows = [row for row in csv.DictReader(file) if row["method"] not in arguments.methods] + rows
    with output.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*fields, *about], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    console.print(f"written to {output}")


if __name__ == "__main__":
    main()
