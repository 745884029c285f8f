"""Language modelling by counting: n-grams of a text, read once, inside the frame that trains everything else."""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import SGD, Optimizer

from embedlab import distributed
from embedlab.batch import TextBlock, TokenWindow
from embedlab.errors import BadInput
from embedlab.models.ngram import NGram
from embedlab.ngrams import sentence_bounds
from embedlab.tasks.language_task import LanguageTask
from embedlab.text.vocabulary import EOS


class LanguageCounting(LanguageTask):
    """Counts the n-grams of a text block by block; evaluates them, smoothed, on every token of other texts.

    A sentence ends with ``<eos>``, and each begins with a start that is no token: n-grams don't go over its ends. A
    text without ``<eos>``, as of characters, is one running stream. Counts are those of the whole text however it is
    cut, by blocks, by ranks, or by a kill. Each rank counts its blocks, and rank 0 has all counts when they are saved
    or evaluated. Smoothings that learn from held-out text are given the validation part when all is counted.

    Args:
        model: see :class:`embedlab.models.ngram.NGram`.
        gallery: see :class:`embedlab.tasks.language_task.LanguageTask`.

    Raises:
        BadInput: the model is another, or its scores are no probabilities.
    """

    def __init__(self, model: NGram, gallery: Any = None) -> None:
        super().__init__(gallery)
        if not isinstance(model, NGram):
            raise BadInput(f"model={type(model).__name__}: what is counted is model=ngram")
        if not model.smoothing.probabilities:
            raise BadInput(
                "model.smoothing.scaled=false: the scores of stupid back-off do not sum to one, so there is no "
                "perplexity; take true"
            )
        self.automatic_optimization = False
        self.model = model
        self._ranks: int | None = None  # of the run that this one goes on with
        self._before: Tensor = torch.empty(0, dtype=torch.long)  # the last tokens of the window evaluated before

    @cached_property
    def end(self) -> int | None:
        """The token that ends a sentence; None of running text."""
        return self.words.index(EOS) if EOS in self.words else None

    def setup(self, stage: str) -> None:
        """Note the vocabulary.

        Raises:
            BadInput: text in rows, several epochs, or ranks that would exchange gradients, of which there are none.
        """
        super().setup(stage)
        if stage != "fit":
            return
        if self.data.batch_size is not None:
            raise BadInput(
                f"data.batch_size={self.data.batch_size}: n-grams are counted in blocks of data.window tokens, not in "
                "rows; take data.batch_size=null"
            )
        if self.trainer.max_epochs != 1:
            raise BadInput(f"trainer.max_epochs={self.trainer.max_epochs}: a text is counted once; take 1")
        if distributed.world_size() > 1 and not hasattr(self.trainer.strategy, "period"):
            raise BadInput(
                "trainer: several ranks count shards of the text and exchange no gradients; take trainer/sync=periodic"
            )

    def configure_optimizers(self) -> Optimizer:
        """One that does nothing, as nothing has gradients: its steps are what counting is counted by."""
        return SGD([torch.zeros(1, device=self.device)], lr=0.0)

    def on_train_start(self) -> None:
        """What a resumed run has counted is on rank 0.

        Raises:
            BadInput: it goes on with more or fewer ranks.
        """
        if self._ranks is not None:
            distributed.check_world_size(self._ranks)
        if distributed.rank() > 0:
            self.model.reset()

    def training_step(self, batch: TextBlock, batch_idx: int) -> None:
        """Count a block, and when all are counted bring them together."""
        self.count(self.data.corpora["train"].ids, batch)
        optimizer: Any = self.optimizers()
        optimizer.step()
        self.log("train/tokens", float(batch.last), prog_bar=True, batch_size=1)
        if self.trainer.is_last_batch:
            self._join()
            self._learn()

    def count(self, ids: NDArray[np.int32], block: TextBlock) -> None:
        """Count the n-grams that end in a block of a text."""
        begin = max(block.first - self.model.order + 1, 0)
        within = self.end is None or (begin > 0 and ids[begin - 1] != self.end)
        tokens = ids[begin : block.last]
        self.model.count(tokens, sentence_bounds(tokens, self.end), block.first - begin, bool(within))

    def _join(self) -> None:
        """Bring what all ranks counted to rank 0."""
        if distributed.world_size() > 1:
            tables = distributed.gather_objects(self.model.table)
            self.model.reset()
            for table in tables:
                self.model.count_table(table)

    def _learn(self) -> None:
        """Hand the smoothing the held-out text."""
        if self.trainer.is_global_zero:
            held_out = self.data.corpora["val"].ids
            self.model.fit(held_out, sentence_bounds(held_out, self.end))

    def negative_log_likelihoods(self, batch: TokenWindow) -> Tensor:
        """See :meth:`LanguageTask.negative_log_likelihoods`; all on rank 0, and none on the others."""
        if not self.trainer.is_global_zero:
            return torch.empty(0)
        before = batch.inputs[0, :1].cpu() if batch.first else self._before
        tokens = torch.cat([before, batch.targets[0].cpu()])
        self._before = tokens[-self.model.order :]
        ids = tokens.numpy()
        return -self.model(ids, sentence_bounds(ids, self.end))[len(before) :]

    def _conclude(self, split: str) -> None:
        self._sums = self.trainer.strategy.broadcast(self._sums)
        super()._conclude(split)

    def next_token(self, tokens: Tensor, state: int | None = None) -> tuple[Tensor, int]:
        """See :meth:`LanguageTask.next_token`. The state is a node of the tree of n-grams."""
        model = self.model.smoothed
        state = model.after(tokens.tolist(), state or 0, self.end)
        return torch.from_numpy(model.log_distribution(state)), state

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the vocabulary, what all ranks counted, and how many they are: a step is a block for each."""
        super().on_save_checkpoint(checkpoint)
        self._join()
        checkpoint["state_dict"], checkpoint["ranks"] = self.state_dict(), distributed.world_size()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """See :meth:`LanguageTask.on_load_checkpoint`."""
        super().on_load_checkpoint(checkpoint)
        self._ranks = checkpoint["ranks"]
