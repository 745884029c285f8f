"""Gensim on the very corpus that our runs trained on, evaluated by the same code: rows of gensim.csv.

python experiments/word_vectors_enwiki/gensim_peer.py TEXT --methods skip_gram cbow --seeds 1 2 3 --output gensim.csv

The corpus is prepared by embedlab (tokens, min_count) and handed to gensim as a file of sentences; dimension, window,
negatives, subsampling, epochs and learning rates are those of our configs. A row is added as soon as it is there, and
rows that are there already are not made again.
"""

import argparse
import csv
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from gensim.models import FastText, Word2Vec

from embedlab.data.corpus import Corpus
from embedlab.data.preparation import Preparation
from embedlab.data.word_sets import read_word_sets
from embedlab.evaluation.words import evaluate_words
from embedlab.vectors import WordVectors

METHODS = {
    "skip_gram": (Word2Vec, {"sg": 1, "alpha": 0.025}),
    "cbow": (Word2Vec, {"sg": 0, "alpha": 0.05}),
    "skip_gram_hs": (Word2Vec, {"sg": 1, "alpha": 0.025, "hs": 1, "negative": 0}),
    "cbow_hs": (Word2Vec, {"sg": 0, "alpha": 0.05, "hs": 1, "negative": 0}),
    "fasttext_skip_gram": (FastText, {"sg": 1, "alpha": 0.05, "sample": 1e-4}),
    "fasttext_cbow": (FastText, {"sg": 0, "alpha": 0.05, "sample": 1e-4}),
}
SAME = {"vector_size": 100, "window": 5, "negative": 5, "sample": 1e-3, "min_count": 1, "min_alpha": 1e-4}


def write_sentences(corpus: Corpus, file: Path) -> None:
    words = np.array(corpus.vocabulary.words, object)
    with file.open("w", encoding="utf-8") as lines:
        for sentence in range(len(corpus)):
            lines.write(" ".join(words[corpus[sentence]]) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--root", default="data", help="the folder of the sets")
    parser.add_argument("--fold-yo", action="store_true")
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    from embedlab.text import Words

    corpus = Preparation(tokenizer=Words(fold_yo=given.fold_yo), min_count=5, max_sentence=1000)(given.text)
    sets = read_word_sets(given.sets, given.root)
    rows = list(csv.DictReader(given.output.open())) if given.output.exists() else []
    done = {(row["method"], int(row["seed"])) for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "corpus.txt")
        write_sentences(corpus, file)
        for seed in given.seeds:
            for method in given.methods:
                if (method, seed) in done:
                    continue
                made, of = METHODS[method]
                began = time.perf_counter()
                model = made(corpus_file=str(file), workers=1, epochs=given.epochs, seed=seed, **{**SAME, **of})
                seconds = time.perf_counter() - began
                vectors = WordVectors(model.wv.index_to_key, model.wv.vectors)
                found = evaluate_words(vectors, sets)
                row = {"method": method, "seed": seed, "epochs": given.epochs, "seconds": f"{seconds:.1f}"}
                row |= {
                    "gensim": version("gensim"),
                    "processor": platform.processor() or platform.machine(),
                    "threads": 1,
                }
                row |= {f"test/{name}": str(estimate.value) for name, estimate in found.items()}
                rows.append({key: str(value) for key, value in row.items()})
                with given.output.open("w", newline="") as table:
                    writer = csv.DictWriter(table, rows[0], lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
                print(row, flush=True)


if __name__ == "__main__":
    main()
