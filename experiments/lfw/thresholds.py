"""The ten folds of each loss judged by a threshold from the other nine, as LFW's View 2 asks.

python experiments/lfw/thresholds.py SWEEP

A run alone has the 600 pairs of its fold only, and chooses a threshold on nine tenths of them for the last tenth. Here
the threshold for fold k is the one that is right most often on the 5400 pairs of the nine other folds, each as embedded
by the model that did not see its people. Writes thresholds.csv beside this file: a line per loss and fold.
"""

import csv
import sys
from pathlib import Path

import numpy as np

from embedlab.evaluation.verification import best_threshold
from embedlab.report.sweep import read


def main(sweep: Path) -> None:
    """Read the pair distances of all runs of the sweep, and write the accuracies."""
    rows = []
    runs = [run for run in read(sweep).runs if run.status == "done"]
    for loss in dict.fromkeys(run.overrides["loss"] for run in runs):
        pairs = {
            run.fold: (run.evaluation["pair_distances"], run.evaluation["pair_same"])
            for run in runs
            if run.overrides["loss"] == loss
        }
        for fold, (distances, same) in pairs.items():
            others = [pair for other, pair in pairs.items() if other != fold]
            threshold = best_threshold(*(np.concatenate(part) for part in zip(*others, strict=True)))
            accuracy = float(((distances <= threshold) == same).mean())
            rows.append({"loss": loss, "fold": fold, "threshold": threshold, "accuracy": accuracy})
    with Path(__file__).with_suffix(".csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
