"""What trained language models remember: the agreement probes by distance; writes agreement.csv and its figure.

python experiments/vanishing_gradients/agreement.py LSTM=runs/lstm 5-gram=runs/ngram … [--to FOLDER]

Each argument is a name and a run of `embedlab train experiment=penn_treebank`, `char_rnn` and the like. A probe that is
not made of a model's tokens is left out: brackets and LaTeX are for characters.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from embedlab.evaluation.agreement import accuracy_by_distance
from embedlab.evaluation.agreement_probes import PROBES
from embedlab.report.figures.figure import WIDE, canvas, line_style, save_vector
from embedlab.running.saved import open_task
from embedlab.text.vocabulary import Vocabulary


def measure(name: str, run: str) -> list[dict[str, str]]:
    """A row for each probe and distance."""
    saved = open_task(run)
    vocabulary = Vocabulary(saved.task.words, np.zeros(len(saved.task.words), np.int64))
    rows = []
    for probe, pairs in PROBES.items():
        found = accuracy_by_distance(saved.task.next_token, vocabulary, saved.tokenizer, pairs())
        for distance, estimate in found.items():
            numbers = {"accuracy": estimate.value, "low": estimate.low, "high": estimate.high}
            shown = {key: "" if value is None else f"{value:.4f}" for key, value in numbers.items()}
            rows.append({"model": name, "probe": probe, "distance": str(distance), **shown})
    return rows


def draw(rows: list[dict[str, str]], folder: Path) -> None:
    """A panel for each probe, a line for each model; chance is one half."""
    probes, models = (list(dict.fromkeys(row[key] for row in rows)) for key in ("probe", "model"))
    with canvas(WIDE, 3.4) as drawn:
        places = drawn.subplots(1, len(probes), sharey=True, squeeze=False)[0]
        for axes, probe in zip(places, probes, strict=True):
            for number, model in enumerate(models):
                chosen = [row for row in rows if (row["probe"], row["model"]) == (probe, model)]
                distance, accuracy = ([float(row[key]) for row in chosen] for key in ("distance", "accuracy"))
                axes.plot(distance, accuracy, label=model, marker="o", markersize=3.5, **line_style(number))
            axes.axhline(0.5, linewidth=0.8, color="gray")
            unit = "words" if probe in ("number", "pronoun") else "characters"
            axes.set(title=probe, xlabel=f"distance, in {unit}", ylim=(0, 1.02))
        places[0].set_ylabel("share that agrees")
        places[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        save_vector(drawn, folder, "agreement")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN")
    parser.add_argument("--to", metavar="FOLDER", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    rows = []
    for argument in options.runs:
        name, equals, run = argument.partition("=")
        rows += measure(name, run if equals else name)
        print(f"{name}: done", flush=True)
    with (options.to / "agreement.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    draw(rows, options.to)


if __name__ == "__main__":
    main()
