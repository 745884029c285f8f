"""How far gradients reach back in five networks, and what clipping does; writes this folder's CSV files and figures.

python experiments/vanishing_gradients/run.py [--steps 2000] [--to FOLDER]       ten minutes on one thread

Each network reads tinyshakespeare's characters, which lie below EMBEDLAB_DATA.
"""

import argparse
import csv
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import nn

from embedlab.data.language_modeling import LanguageModelingData
from embedlab.evaluation.gradient_flow import gradient_norms
from embedlab.losses.language_modeling import CrossEntropy
from embedlab.models.recurrent import Recurrent
from embedlab.report.figures.figure import WIDE, canvas, line_style, logarithmic, save_vector
from embedlab.tasks.language_modeling import LanguageModeling
from embedlab.text import Characters

DIM, RATE, CLIP, SEED = 128, 0.002, 1.0, 1
LAGS, CONTEXT, PLACES = 100, 50, 400  # of a measurement: as many characters back, after so many, at so many places
STEEP = 0.02  # the learning rate at which gradients explode
Start = Callable[[nn.RNNBase], None]


def as_torch_does(cells: nn.RNNBase) -> None:
    """Uniform in ± 1/√H."""


def orthogonal(cells: nn.RNNBase) -> None:
    """Step to step a rotation, which keeps every length (Saxe et al. 2014)."""
    nn.init.orthogonal_(cells.weight_hh_l0)


def identity(cells: nn.RNNBase) -> None:
    """Step to step nothing changes but by the input, which is small (IRNN: Le, Jaitly, Hinton 2015)."""
    nn.init.eye_(cells.weight_hh_l0)
    nn.init.normal_(cells.weight_ih_l0, std=0.001)
    nn.init.zeros_(cells.bias_ih_l0)
    nn.init.zeros_(cells.bias_hh_l0)


NETWORKS: dict[str, tuple[str, Start]] = {
    "RNN, tanh": ("rnn_tanh", as_torch_does),
    "RNN, tanh, orthogonal": ("rnn_tanh", orthogonal),
    "RNN, relu, identity": ("rnn_relu", identity),
    "LSTM": ("lstm", as_torch_does),
    "GRU": ("gru", as_torch_does),
}
UNCLIPPED = ("RNN, tanh, orthogonal", "RNN, relu, identity", "LSTM")


class GradientNorms(pl.Callback):
    """Keeps the norm of the gradient before it is clipped, and the loss, of every step."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, float]] = []

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        found = trainer.callback_metrics
        self.steps.append((float(found["train/gradient_norm"]), float(found["train/loss"])))


def shakespeare() -> LanguageModelingData:
    folder = Path(os.environ.get("EMBEDLAB_DATA", "data")) / "tinyshakespeare"
    return LanguageModelingData(
        str(folder), SEED, batch_size=50, window=50, tokenizer=Characters(), eos=False, min_count=1
    )  # fmt: skip


def task_of(network: str, words: int, rate: float = RATE) -> LanguageModeling:
    cell, start = NETWORKS[network]
    torch.manual_seed(SEED)
    model = Recurrent(words, cell, embedding_dim=64, hidden_dim=DIM, layers=1)
    start(model.cells)
    return LanguageModeling(model, CrossEntropy(words, DIM), lambda weights: torch.optim.Adam(weights, rate), seed=SEED)


def train(task: LanguageModeling, data: LanguageModelingData, steps: int, clip: float | None) -> GradientNorms:
    """Train in place; the numbers of each step, and the validation loss in the task's estimates."""
    norms = GradientNorms()
    trainer = pl.Trainer(
        max_steps=steps, accelerator="cpu", gradient_clip_val=clip, callbacks=[norms], logger=False,
        limit_val_batches=0, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(task, datamodule=data)
    return norms


def validate(task: LanguageModeling, data: LanguageModelingData) -> float:
    """Nats a character."""
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    trainer.validate(task, datamodule=data, verbose=False)
    return task.estimates("val")["val/loss"].value


def lags(task: LanguageModeling, data: LanguageModelingData) -> Iterator[dict[str, object]]:
    """Rows of the norms by lag: median and tenths over places spread over the validation text."""
    ids = torch.from_numpy(data.corpora["val"].ids.astype(np.int64))
    starts = torch.linspace(0, len(ids) - CONTEXT - LAGS - 2, PLACES).long()
    windows = ids[starts[:, None] + torch.arange(CONTEXT + LAGS + 2)]
    with torch.no_grad():
        _, state = task.model(windows[:, :CONTEXT])
    parts = gradient_norms(task.model, task.loss.negative_log_likelihoods, windows[:, CONTEXT:], state)
    for name, norms in zip(("h", "c"), parts, strict=False):
        low, middle, high = np.quantile(norms.numpy(), [0.1, 0.5, 0.9], axis=0)
        for lag in range(1, LAGS + 1):
            yield {
                "state": name, "lag": lag, "median": f"{middle[lag - 1]:.4g}", "low": f"{low[lag - 1]:.4g}",
                "high": f"{high[lag - 1]:.4g}",
            }  # fmt: skip


def reach(rows: list[dict[str, object]]) -> dict[str, str]:
    """Over how many characters the median shrinks to a hundredth: the first such lag."""
    found = {}
    for when in ("start", "trained"):
        norms = [float(str(row["median"])) for row in rows if row["state"] == "h" and row["when"] == when]
        small = [lag for lag, norm in enumerate(norms, 1) if norm < norms[0] / 100]
        found[f"reach_{when}"] = str(small[0]) if small else f"> {LAGS}"
    return found


def draw_lags(rows: list[dict[str, object]], folder: Path) -> None:
    """At the start and after training, a line each network; of the LSTM its cells dashed."""
    with canvas(WIDE, 4.2) as drawn:
        places = drawn.subplots(1, 2, sharey=True)
        for axes, when in zip(places, ("start", "trained"), strict=True):
            for number, network in enumerate(NETWORKS):
                for state in ("h", "c"):
                    chosen = [r for r in rows if (r["network"], r["when"], r["state"]) == (network, when, state)]
                    if not chosen:
                        continue
                    lag, middle, low, high = (
                        np.array([float(str(row[key])) for row in chosen]) for key in ("lag", "median", "low", "high")
                    )
                    style = line_style(number) | ({"linestyle": "dashed"} if state == "c" else {})
                    axes.plot(lag, middle, label=network + (", cells" if state == "c" else ""), **style)
                    if state == "h":
                        axes.fill_between(lag, low, high, color=style["color"], alpha=0.12, linewidth=0)
            axes.set(xlabel="lag k, in characters", title="at the start" if when == "start" else when)
            axes.set_ylim(1e-14, 10)
            logarithmic(axes)
        places[0].set_ylabel("norm of ∂loss(t) / ∂h(t−k)")
        places[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        save_vector(drawn, folder, "lags")


def draw_clipping(rows: list[dict[str, object]], folder: Path) -> None:
    """Norms of the gradient and losses over steps, with and without clipping."""
    with canvas(WIDE, 5.2) as drawn:
        places = drawn.subplots(2, len(UNCLIPPED), sharey="row", sharex=True)
        for column, network in enumerate(UNCLIPPED):
            for number, clip in enumerate(("", str(CLIP))):
                chosen = [row for row in rows if (row["network"], row["clip"]) == (network, clip)]
                steps = [int(str(row["step"])) for row in chosen]
                for line, key in enumerate(("gradient_norm", "loss")):
                    values = [float(str(row[key])) for row in chosen]
                    label = f"clipped at {clip}" if clip else "not clipped"
                    places[line, column].plot(steps, values, label=label, linewidth=0.7, **line_style(1 - number))
            places[0, column].set_title(network)
            places[1, column].set(xlabel="step", ylim=(1, 5))
        places[0, 0].set_ylim(0.02, 2e4)
        logarithmic(places[0, 0])
        places[0, 0].set_ylabel("norm of the gradient")
        places[1, 0].set_ylabel("loss, nats a character")
        places[1, -1].legend()
        save_vector(drawn, folder, "clipping")


def write(rows: list[dict[str, object]], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000, help="of training")
    parser.add_argument("--to", metavar="FOLDER", type=Path, default=Path(__file__).parent, help="of what is written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    data = shakespeare()
    words = data.sizes["vocabulary_size"]
    by_lag: list[dict[str, object]] = []
    networks: list[dict[str, object]] = []
    for network in NETWORKS:
        task = task_of(network, words)
        own = [{"network": network, "when": "start", **row} for row in lags(task, data)]
        train(task, data, options.steps, CLIP)
        own += [{"network": network, "when": "trained", **row} for row in lags(task, data)]
        weights = sum(weight.numel() for weight in task.parameters())
        networks.append({
            "network": network, "weights": weights, "steps": options.steps,
            "validation_loss": f"{validate(task, data):.4f}", **reach(own),
        })  # fmt: skip
        print(networks[-1], flush=True)
        by_lag += own
    clipping: list[dict[str, object]] = []
    for network in UNCLIPPED:
        for clip in (None, CLIP):
            steps = train(task_of(network, words, STEEP), data, options.steps // 4, clip).steps
            for step, (norm, loss) in enumerate(steps, 1):
                numbers = {"gradient_norm": f"{norm:.4g}", "loss": f"{loss:.4g}"}
                clipping.append({"network": network, "clip": str(clip or ""), "step": step, **numbers})
    options.to.mkdir(parents=True, exist_ok=True)
    for name, rows in (("lags", by_lag), ("networks", networks), ("clipping", clipping)):
        write(rows, options.to / f"{name}.csv")
    draw_lags(by_lag, options.to)
    draw_clipping(clipping, options.to)


if __name__ == "__main__":
    main()
