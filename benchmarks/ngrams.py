"""Markov models beside nltk.lm, and kenlm where it is installed: counting, perplexity, and memory of a large model.

    python benchmarks/ngrams.py [--lines 42068] [--rounds 3] [--words 1e9] [--output benchmarks/ngrams.csv]

Counted are the 5-grams of the first lines of the Penn Treebank's training text ($EMBEDLAB_DATA/ptb), from lists of
words in memory; ours are numbered first, which is counted in. Scored are words of its test text after all before them
in their line, under Kneser–Ney with one discount: by ours all, by nltk the first few, as each takes it a walk over
all n-grams; and under stupid back-off, which is the least work for nltk. All that nltk scores must be equal to ours.
Contestants take turns, round by round, and the ratio is that of words a second within a round; given is the median of
rounds, with the lowest and highest, of the clock and of the processor's time, which other work on the machine touches
less. kenlm reads the model that we write as ARPA, and scores line by line; its Python package does not count.

Memory is that of a 5-gram model of $EMBEDLAB_DATA/enwiki_100m (lower-cased runs of a–z, of 5 occurrences or more, the
others <unk>; at most --words of them), counted in blocks of a million words: bytes of the arrays over n-grams of all
orders, of counts and of the model that is smoothed by modified Kneser–Ney, and the most memory of a process of its own.
"""

import argparse
import csv
import gzip
import lzma
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from itertools import accumulate, chain, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
from machine import machine
from rich.console import Console
from rich.table import Table

from embedlab.ngrams import (
    KneserNey,
    ModifiedKneserNey,
    NGramCounter,
    NGramTable,
    StupidBackoff,
    sentence_bounds,
    write_arpa,
)

ORDER, DISCOUNT, ALPHA = 5, 0.75, 0.4
FEW = {"Kneser-Ney": 12, "stupid back-off": 2000}  # words that nltk scores
BLOCK = 1_000_000
END = "<eos>"

Lines = list[list[str]]


def root() -> Path:
    return Path(os.environ.get("EMBEDLAB_DATA") or sys.exit("EMBEDLAB_DATA names no folder: it holds ptb, enwiki_100m"))


def penn_treebank(name: str, opened: Callable = open) -> Iterator[list[str]]:
    with opened(root() / "ptb" / f"ptb.{name}", "rt", encoding="utf-8") as file:
        for line in file:
            yield [*line.split(), END]


class Numbers:
    """Lines as ids; words are numbered as they appear."""

    def __init__(self, lines: Lines) -> None:
        self.index = {word: number for number, word in enumerate(dict.fromkeys(word for row in lines for word in row))}

    def __call__(self, lines: Lines) -> tuple[np.ndarray, np.ndarray]:
        ids = np.fromiter(map(self.index.__getitem__, chain.from_iterable(lines)), np.int32)
        return ids, np.cumsum([0, *map(len, lines)])

    def counted(self, lines: Lines) -> NGramTable:
        return NGramTable.count(*self(lines), len(self.index), ORDER)


def nltk_counts(lines: Lines):
    """With one start of a line that is predicted nowhere, as ours."""
    from nltk.lm import NgramCounter

    return NgramCounter(
        (
            tuple(row[last - size + 1 : last + 1])
            for last in range(1, len(row))
            for size in range(1, min(ORDER, last + 1) + 1)
        )
        for row in (["<s>", *line] for line in lines)
    )


def nltk_models(counts, words: list[str]) -> dict[str, object]:
    from nltk.lm import KneserNeyInterpolated, StupidBackoff, Vocabulary

    of = {"vocabulary": Vocabulary(["<s>", *words]), "counter": counts}
    return {
        "Kneser-Ney": KneserNeyInterpolated(ORDER, DISCOUNT, **of),
        "stupid back-off": StupidBackoff(ALPHA, ORDER, **of),
    }


def whole_contexts(lines: Lines, number: int) -> list[tuple[int, str, tuple[str, ...]]]:
    """Place, word and context of so many first words after whole contexts: nltk's Kneser-Ney fails after others."""
    begins = accumulate(map(len, lines), initial=0)
    words = (
        (begin + place - 1, row[place], tuple(row[place - ORDER + 1 : place]))
        for begin, row in zip(begins, (["<s>", *line] for line in lines), strict=False)
        for place in range(ORDER - 1, len(row))
    )
    return list(islice(words, number))


def seconds_of(work: Callable[[], object]) -> tuple[np.ndarray, object]:
    """By the clock and of the processor, and what came out."""
    start = np.array([time.perf_counter(), time.process_time()])
    result = work()
    return np.array([time.perf_counter(), time.process_time()]) - start, result


def speed(train: Lines, test: Lines, rounds: int, console: Console) -> list[dict[str, object]]:
    numbers = Numbers(train)
    test = [[word for word in line if word in numbers.index] for line in test]
    ids, offsets = numbers(test)
    models = {"Kneser-Ney": KneserNey([0] + [DISCOUNT] * (ORDER - 1)), "stupid back-off": StupidBackoff(ALPHA)}
    warm = numbers.counted(train[:10])
    KneserNey()(warm).log_scores(ids[:5], [0, 5])  # compiles
    rates: dict[tuple[str, str], list[np.ndarray]] = {}

    def note(measure: str, who: str, words: int, seconds: np.ndarray) -> None:
        rates.setdefault((measure, who), []).append(words / seconds)

    words = sum(map(len, train))
    for turn in range(rounds):
        seconds, table = seconds_of(partial(numbers.counted, train))
        note("counting", "embedlab", words, seconds)
        seconds, counts = seconds_of(partial(nltk_counts, train))
        note("counting", "nltk", words, seconds)
        assert counts.N() == sum(int(table.counts[table.level(k)].sum()) for k in range(1, ORDER + 1)) - len(train)
        theirs = nltk_models(counts, list(numbers.index))
        for name, smoothing in models.items():
            model = smoothing(table)
            seconds, found = seconds_of(partial(model.log_scores, ids, offsets))
            note(f"scoring, {name}", "embedlab", len(ids), seconds)
            few = whole_contexts(test, FEW[name])
            seconds, scores = seconds_of(partial(list, (theirs[name].score(word, context) for _, word, context in few)))
            note(f"scoring, {name}", "nltk", len(few), seconds)
            np.testing.assert_allclose(np.exp(found[[place for place, _, _ in few]]), scores, rtol=1e-5)
        if find_spec("kenlm"):
            note("scoring, Kneser-Ney", "kenlm", len(ids), kenlm_seconds(models["Kneser-Ney"](table), numbers, test))
        console.print(f"round {turn + 1} of {rounds}: done", style="dim")
    rows = []
    for (measure, who), found in rates.items():
        row: dict[str, object] = {
            "measure": measure, "contestant": who, "rounds": rounds,
            "words_per_second": f"{median(clock for clock, _ in found):.4g}",
        }  # fmt: skip
        if who != "embedlab":
            ratios = np.array([ours / theirs for ours, theirs in zip(rates[measure, "embedlab"], found, strict=True)])
            for label, column in zip(("times_faster", "times_less_processor_time"), ratios.T, strict=True):
                row[label], row[f"{label}_low"], row[f"{label}_high"] = (
                    f"{value:.3g}" for value in (median(column), column.min(), column.max())
                )
        rows.append({**row, "text_words": words})
    return rows


def kenlm_seconds(model, numbers: Numbers, test: Lines) -> np.ndarray:
    import kenlm

    with tempfile.TemporaryDirectory() as folder:
        write_arpa(model, list(numbers.index), Path(folder) / "model.arpa")
        theirs = kenlm.Model(str(Path(folder) / "model.arpa"))
    sentences = [" ".join(line[:-1]) for line in test]
    seconds, total = seconds_of(lambda: sum(theirs.score(sentence) for sentence in sentences))
    np.testing.assert_allclose(total * np.log(10), model.log_scores(*numbers(test)).sum(), rtol=1e-4)
    return seconds


def wikipedia(words: int) -> Iterator[list[str]]:
    with lzma.open(root() / "enwiki_100m" / "enwiki_100m.txt.xz", "rt", encoding="utf-8") as file:
        for line in file:
            if row := re.findall("[a-z]+", line.lower())[:words]:
                words -= len(row)
                yield row
            if not words:
                return


def peak_bytes() -> int:
    """The most memory of this process so far; not that of the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def memory(words: int) -> dict[str, object]:
    counts = Counter(word for row in wikipedia(words) for word in row)
    kept = [END, "<unk>", *(word for word, count in counts.items() if count >= 5)]
    index = {word: number for number, word in enumerate(kept)}
    lines = wikipedia(words)
    ids = np.fromiter((index.get(word, 1) for row in lines for word in [*row, END]), np.int32)
    del counts, index
    before = peak_bytes()
    start = time.perf_counter()
    counter = NGramCounter(len(kept), ORDER)
    for first in range(0, len(ids), BLOCK):
        begin = max(first - ORDER + 1, 0)
        block = ids[begin : first + BLOCK]
        counter.add(block, sentence_bounds(block, 0), first - begin, bool(begin > 0 and ids[begin - 1] != 0))
    table = counter.table
    counted = time.perf_counter() - start
    model = ModifiedKneserNey()(table)
    return {
        "measure": "memory", "contestant": "embedlab", "rounds": 1, "words_per_second": f"{len(ids) / counted:.4g}",
        "text_words": len(ids), "vocabulary": len(kept), "ngrams": len(table.words) - 1,
        "bytes_per_ngram_counts": f"{table.bytes_per_ngram:.1f}",
        "bytes_per_ngram_model": f"{model.bytes_per_ngram:.1f}",
        "seconds_smoothing": f"{time.perf_counter() - start - counted:.3g}",
        "peak_bytes": peak_bytes(), "peak_bytes_before": before,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, help="of the Penn Treebank (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="of speed; 0: not measured")
    parser.add_argument("--words", type=float, default=1e9, help="of Wikipedia; 0: not measured")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".csv"))
    given = parser.parse_args()
    console = Console(width=140)
    train = list(islice(penn_treebank("train.txt.gz", gzip.open), given.lines))
    rows = speed(train, list(penn_treebank("test.txt")), given.rounds, console) if given.rounds else []
    if given.words:
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            rows.append(other.submit(memory, int(given.words)).result())
    peers = [name for name in ("nltk", "kenlm") if find_spec(name)]
    rows = [{**row, **machine(1, "numba", *peers)} for row in rows]
    table = Table("measure", "contestant", "words/s", "times faster", "processor", "bytes an n-gram, counts : model")
    for row in rows:
        ratios = [
            "{} ({} – {})".format(*(row[f"{label}{end}"] for end in ("", "_low", "_high"))) if label in row else ""
            for label in ("times_faster", "times_less_processor_time")
        ]
        size = f"{row['bytes_per_ngram_counts']} : {row['bytes_per_ngram_model']}" if "ngrams" in row else ""
        table.add_row(str(row["measure"]), str(row["contestant"]), str(row["words_per_second"]), *ratios, size)
    console.print(table)
    if given.output.exists():  # what was not measured now stays
        with given.output.open() as file:
            rows = [*(row for row in csv.DictReader(file) if row["measure"] not in {r["measure"] for r in rows}), *rows]
    fields = list(dict.fromkeys(key for row in rows for key in row))
    with given.output.open("w", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    console.print(f"written to {given.output}")


if __name__ == "__main__":
    main()
