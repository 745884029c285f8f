"""What a language model writes while it learns."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger
from pytorch_lightning.strategies import FSDPStrategy
from pytorch_lightning.trainer.states import TrainerFn

from embedlab.atomic import write_atomically
from embedlab.errors import BadInput

log = logging.getLogger(__name__)

COLUMNS = ["prompt", "temperature", "text"]
_HEADER = re.compile(r"^=== epoch \d+, step (\d+)$", re.MULTILINE)


class Samples(pl.Callback):
    """After each validation has the model go on from some prompts, the same way each time.

    The texts go to ``samples.txt`` of the run directory, to the log, and to those dashboards that show text. A resumed
    run first drops what was written after the step it resumes from.

    Args:
        directory: the run directory.
        write: ``(next_token, words, tokenizer, prompt, length, sampling, seed) -> pieces of text``, as
            :func:`embedlab.apps.language.generate`.
        sampling: ``temperature -> `` how tokens are drawn, by keyword.
        prompts: what the texts go on from; "": from what stands before a text.
        temperatures: one text of each prompt at each.
        length: of a text, in tokens.
        seed: the same one at all times, so that texts differ by what was learned.
    """

    def __init__(
        self,
        directory: str,
        write: Callable[..., Iterator[str]],
        sampling: Callable[..., Any],
        prompts: Sequence[str] = ("",),
        temperatures: Sequence[float] = (0.5, 1.0),
        length: int = 200,
        seed: int = 1,
    ) -> None:
        self.path = Path(directory) / "samples.txt"
        self.write, self.length, self.seed = write, length, seed
        self.prompts = list(prompts)
        self.drawn = {temperature: sampling(temperature=temperature) for temperature in temperatures}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """See that the prompts are known, and keep of the file what lies before the step training starts from.

        Raises:
            BadInput: they are not; or no rank has all weights.
        """
        if isinstance(trainer.strategy, FSDPStrategy):
            raise BadInput("callbacks.samples: no rank has all weights to write with; take callbacks.samples=null")
        try:
            for prompt in self.prompts:
                for sampling in self.drawn.values():
                    self._text(trainer, pl_module, prompt, sampling)
        except BadInput as error:
            raise BadInput(f"callbacks.samples.prompts: {str(error).removeprefix('--prompt: ')}") from error
        if trainer.is_global_zero and self.path.exists():
            text = self.path.read_text()
            starts = [found.start() for found in _HEADER.finditer(text) if int(found[1]) > trainer.global_step]
            write_atomically(self.path, text[: min(starts, default=len(text))] if trainer.global_step else "")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write."""
        fitting = trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking
        if not (fitting and trainer.is_global_zero):
            return
        rows = [
            [prompt, f"{temperature:g}", prompt + "".join(self._text(trainer, pl_module, prompt, sampling))]
            for prompt in self.prompts
            for temperature, sampling in self.drawn.items()
        ]
        texts = "\n".join(f"--- temperature {temperature}\n{text}" for _, temperature, text in rows)
        said = f"=== epoch {trainer.current_epoch}, step {trainer.global_step}\n{texts}\n"
        with self.path.open("a") as file:
            file.write(said)
        log.info("%s", said)
        for logger in trainer.loggers:
            for kind, show in SHOWS.items():
                if isinstance(logger, kind):
                    show(logger, rows, texts, trainer.global_step)

    def _text(self, trainer: pl.Trainer, task: Any, prompt: str, sampling: Any) -> Iterator[str]:
        tokenizer = trainer.datamodule.preparation.tokenizer  # type: ignore[attr-defined]
        return self.write(task.next_token, task.words, tokenizer, prompt, self.length, sampling, self.seed)


def _wandb(logger: WandbLogger, rows: list[list[str]], texts: str, step: int) -> None:
    logger.log_text("samples", columns=COLUMNS, data=rows, step=step)


def _tensorboard(logger: TensorBoardLogger, rows: list[list[str]], texts: str, step: int) -> None:
    lines = texts.splitlines()
    logger.experiment.add_text("samples", "\n".join(f"    {line}" for line in lines), step)  # verbatim in Markdown


def _mlflow(logger: MLFlowLogger, rows: list[list[str]], texts: str, step: int) -> None:
    logger.experiment.log_text(logger.run_id, texts, f"samples/step {step}.txt")


SHOWS: dict[type[Logger], Callable[[Any, list[list[str]], str, int], None]] = {
    WandbLogger: _wandb, TensorBoardLogger: _tensorboard, MLFlowLogger: _mlflow,
}  # fmt: skip
