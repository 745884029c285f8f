"""Word vectors: compiled kernels run over blocks of text, inside the frame that trains everything else."""

import logging
import math
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import SGD, Optimizer

from embedlab import distributed
from embedlab.atomic import write_arrays
from embedlab.batch import TextBlock
from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate
from embedlab.evaluation.word_examples import WordExamples
from embedlab.evaluation.words import WordResult, analogy_arrays, named_metrics, word_results
from embedlab.kernels.parallel import run_blocks
from embedlab.kernels.word_random import keep_thresholds, stream
from embedlab.losses.counting import Counting
from embedlab.losses.full_softmax import FullSoftmax
from embedlab.losses.glove import GloveLoss
from embedlab.losses.words import HierarchicalSoftmax, Kernel, NegativeSampling, WordLoss, WordWindows
from embedlab.models.adagram import AdaGram
from embedlab.models.counts import Counts
from embedlab.models.glove import Glove
from embedlab.models.word_model import WordModel
from embedlab.models.words import Cbow, SkipGram
from embedlab.vectors import WordVectors as Vectors
from embedlab.vectors import save

log = logging.getLogger(__name__)

PIECE = 40_000  # words that a thread takes at a time
PROTOCOLS = ("similarity", "analogies", "categories", "senses", "contexts")
OBJECTIVES: dict[str, type[WordLoss]] = {
    "negative_sampling": NegativeSampling, "hierarchical_softmax": HierarchicalSoftmax, "glove": GloveLoss,
    "counting": Counting,
    "full_softmax": FullSoftmax,
}  # fmt: skip
MODELS: dict[str, tuple[type[WordModel], tuple[str, ...]]] = {  # and the objectives that are for it
    "skip_gram": (SkipGram, ("negative_sampling", "hierarchical_softmax", "full_softmax")),
    "cbow": (Cbow, ("negative_sampling", "hierarchical_softmax", "full_softmax")),
    "glove": (Glove, ("glove",)),
    "adagram": (AdaGram, ("hierarchical_softmax",)),
    "counts": (Counts, ("counting",)),
}


class WordVectors(pl.LightningModule):
    """Trains a table of word vectors; evaluates it on sets of similar words, analogies, categories and senses.

    The learning rate falls linearly with the words seen, over all epochs, and what chance decides follows from seed,
    epoch and block: nothing but the tables need be kept to go on with a run. With one thread a run repeats bit for bit.

    Args:
        model: the tables, and what predicts what.
        loss: see :class:`embedlab.losses.words.WordLoss`.
        learning_rate: at the start,
        min_learning_rate: and at the end.
        subsample: frequency above which words are thinned, 1e-3 to 1e-5; 0 keeps all.
        threads: that train the same tables; None for as many as torch has.
        kernel: ``compiled``, on the CPU, or ``torch``; None for compiled on the CPU where there is one, else torch.
        validation: protocols of the data's validation sets, as :func:`embedlab.evaluation.words.word_results` has
            them.
        evaluation: likewise of the test sets.
        examples: what the report shows beside the numbers.
    """

    def __init__(
        self,
        model: WordModel,
        loss: WordLoss,
        learning_rate: float = 0.025,
        min_learning_rate: float = 1e-4,
        subsample: float = 1e-3,
        threads: int | None = None,
        kernel: str | None = None,
        validation: Mapping[str, Any] | None = None,
        evaluation: Mapping[str, Any] | None = None,
        examples: WordExamples = WordExamples(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__()
        _check(model, loss)
        if kernel not in (None, "compiled", "torch"):
            raise BadInput(f"task.kernel={kernel}: there are compiled and torch, and null for what fits the device")
        self.automatic_optimization = False
        self.model, self.loss = model, loss
        self.learning_rate, self.min_learning_rate, self.subsample = learning_rate, min_learning_rate, subsample
        self.threads = threads or torch.get_num_threads()
        self.kernel = kernel
        self.protocols = {"val": dict(validation or {}), "test": dict(evaluation or {})}
        for group, protocols in (("validation", validation), ("evaluation", evaluation)):
            if unknown := set(protocols or {}) - set(PROTOCOLS):
                flag = "evaluation@validation" if group == "validation" else group
                raise BadInput(f"{group} has {min(unknown)}, which is none of word vectors: take {flag}=words")
        self.examples = examples
        self._results: dict[str, dict[str, WordResult]] = {}
        self._kernel: Kernel | None = None
        self._last_step = 0.0

    @property
    def data(self) -> Any:
        """The run's :class:`embedlab.data.text.TextData`."""
        return self.trainer.datamodule  # type: ignore[attr-defined]

    def configure_optimizers(self) -> Optimizer:
        """One that does nothing, as the tables have no gradients: its steps are what training is counted by."""
        return SGD(self.model.parameters(), lr=self.learning_rate)

    def setup(self, stage: str) -> None:
        """See that the ranks fit the model.

        Raises:
            BadInput: ranks of a model that is not for them, or that would exchange gradients, of which there are none.
        """
        if stage != "fit":
            return
        ranks, model = distributed.world_size(), self.model
        if ranks > 1 and not isinstance(model, SkipGram):
            raise BadInput(f"trainer: {model.name} trains in one process; more cores are used by threads=N")
        if ranks > 1 and not hasattr(self.trainer.strategy, "period"):
            raise BadInput(
                "trainer: several ranks train word vectors on shards of the text, and average them now and then; "
                "take trainer/sync=periodic"
            )

    @property
    def compiled(self) -> bool:
        """Whether compiled kernels train; else PyTorch does."""
        return self.kernel == "compiled" or (not self.kernel and self.loss.compiled and self.device.type == "cpu")

    def on_fit_start(self) -> None:
        """Make ready what the whole text decides, and start from the vectors the model names, unless going on.

        Raises:
            BadInput: compiled kernels on a GPU, or no end to the epochs; vectors that don't fit.
        """
        types = {table.dtype for table in self.model.parameters()}
        if self.compiled and (self.device.type != "cpu" or types - {torch.float32}):
            raise BadInput(
                "task.kernel=compiled: for float32 on the CPU; take trainer=cpu trainer.precision=32-true, "
                "or task.kernel=torch"
            )
        if (self.trainer.max_epochs or 0) < 1:
            raise BadInput("trainer.max_epochs: the learning rate falls over all epochs; give their number")
        model, words = self.model, self.data.corpus.vocabulary
        keep = keep_thresholds(words.counts, self.subsample)
        subwords = None if model.subwords is None else model.subwords.of_vocabulary(words.words)
        model.start(words.counts)
        if isinstance(model, SkipGram) and model.vectors and self.trainer.ckpt_path is None:
            model.start_from(model.vectors, words.words, self.loss.training["loss"])
        cells = partial(self.data.corpus.cooccurrence, model.window)
        windows = WordWindows(words.counts, keep, model.window, model.cbow, model.mean, subwords, cells, model.alpha)
        self._kernel = self.loss.kernel(windows) if self.compiled else self.loss.batched(windows, self.device)

    def on_train_epoch_start(self) -> None:
        """Time from here on."""
        self._last_step = time.monotonic()

    def training_step(self, batch: TextBlock, batch_idx: int) -> Tensor:
        """The mean loss of the examples in a block of text, in nats, each before its own step."""
        assert self._kernel is not None
        kernel, corpus = self._kernel, self.data.corpus
        tables = self.model.tables if self.compiled else (self.model.inputs, self.model.outputs)
        pieces = corpus.blocks(PIECE, batch.first, batch.last) if self.compiled else batch[:2]
        offsets = corpus.offsets
        rates = self.rate(offsets[np.asarray(pieces)]).tolist()

        def train(piece: int, first: int, last: int) -> tuple[int, float]:
            own = {"rate_begin": rates[piece], "rate_end": rates[piece + 1], "seed": stream(batch.seed, piece)}
            return kernel(*tables, corpus.ids, offsets, first, last, **own)

        examples, loss = run_blocks(train, pieces, self.threads)
        optimizer: Any = self.optimizers()
        optimizer.step()
        mean = torch.tensor(loss / max(examples, 1))
        now = time.monotonic()
        speed = float(offsets[batch.last] - offsets[batch.first]) / (now - self._last_step) * distributed.world_size()
        self._last_step = now
        self.log_dict({"train/loss": mean, "train/words_per_second": speed}, prog_bar=True, batch_size=1)
        self.log("train/learning_rate", rates[-1], batch_size=1)
        return mean

    def rate(self, word: NDArray[np.int64]) -> NDArray[np.float64]:
        """The learning rate at words of the present epoch.

        Times the number of ranks: the mean over ranks keeps only its share of what each of them learns from its text.
        """
        words, epochs = len(self.data.corpus.ids), self.trainer.max_epochs or 1
        done = (self.current_epoch * words + word) / (epochs * words)
        rate = self.learning_rate + (self.min_learning_rate - self.learning_rate) * done
        return rate * distributed.world_size()

    def vectors(self) -> Vectors:
        """What was learned, by word."""
        data = self.data
        training = {
            **self.loss.training, "architecture": self.model.name, "window": self.model.window,
            "sample": self.subsample, "min_count": data.preparation.min_count, "epochs": self.trainer.max_epochs,
        }  # fmt: skip
        return self.model.word_vectors(data.corpus.vocabulary.words, data.corpus.vocabulary.counts, training)

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """The sets are evaluated as a whole, at the end."""

    test_step = validation_step

    def on_validation_epoch_end(self) -> None:
        """Evaluate on the validation sets."""
        self._evaluate("val")

    def on_test_epoch_end(self) -> None:
        """Evaluate on the test sets."""
        self._evaluate("test")

    def _evaluate(self, split: str) -> None:
        """Rank 0 evaluates, and tells the others."""
        found = self._evaluated(split) if self.trainer.is_global_zero else {}
        self._results[split] = self.trainer.strategy.broadcast(found)
        self.log_dict({name: estimate.value for name, estimate in self.estimates(split).items()}, batch_size=1)

    def _evaluated(self, split: str) -> dict[str, WordResult]:
        vectors, found, left_out = self.vectors(), dict[str, WordResult](), dict[str, list[str]]()
        for name, items in self.data.word_sets(split).items():
            try:
                found |= word_results(vectors, {name: items}, **self.protocols[split])
            except ValueError as error:  # a set that these vectors can't be tested on leaves the others their numbers
                left_out.setdefault(str(error), []).append(name)
        for reason, names in left_out.items():
            log.warning("%s: left out, %s", ", ".join(names), reason)
        return found

    def estimates(self, split: str) -> dict[str, Estimate]:
        """The numbers of the last evaluation of ``val`` or ``test``, named ``split/SET_METRIC``."""
        # NaN where too few of a set's words are known; its coverage says so.
        found = named_metrics(self._results.get(split, {}))
        return {f"{split}/{name}": value for name, value in found.items() if math.isfinite(value.value)}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note the number of ranks: how many blocks of the text a step stands for."""
        checkpoint["ranks"] = distributed.world_size()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with as many ranks as before.

        Raises:
            BadInput: there are more or fewer.
        """
        distributed.check_world_size(checkpoint.get("ranks", 1))

    def save(self, directory: Path) -> None:
        """The vectors into ``exports/``: ``vectors.safetensors``, with subwords fastText's ``vectors.bin``.

        What the report shows of them goes into ``evaluation/test.npz``.
        """
        vectors = self.vectors()
        (directory / "exports").mkdir(parents=True, exist_ok=True)
        suffix = ".safetensors" if self.model.subwords is None else ".bin"
        save(vectors, directory / "exports" / f"vectors{suffix}")
        shown = self.examples(vectors) if self.examples is not None else {}
        arrays: dict[str, Any] = shown | analogy_arrays(self._results.get("test", {}))
        write_arrays(directory / "evaluation" / "test.npz", arrays)


def _check(model: WordModel, loss: WordLoss) -> None:
    """Raises BadInput where a loss is known not to be one for the model."""
    if not isinstance(model, WordModel):
        raise BadInput(f"model={type(model).__name__}: word vectors take model={' or model='.join(MODELS)}")
    takes = next((takes for kind, takes in MODELS.values() if isinstance(model, kind)), tuple(OBJECTIVES))
    others = tuple(kind for name, kind in OBJECTIVES.items() if name not in takes)
    if not isinstance(loss, WordLoss) or isinstance(loss, others):
        named = next((name for name, kind in OBJECTIVES.items() if isinstance(loss, kind)), type(loss).__name__)
        raise BadInput(f"loss={named}: word vectors take loss={' or loss='.join(takes)} with {type(model).__name__}")
