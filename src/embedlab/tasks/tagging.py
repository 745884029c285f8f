"""Sequence tagging: a tag for each word of a sentence."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.utilities import move_data_to_device
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from embedlab import distributed
from embedlab.atomic import write_atomically
from embedlab.batch import SentenceBatch
from embedlab.errors import BadInput
from embedlab.evaluation.tagging import TaggedSet, TaggingProtocol
from embedlab.losses.tagging import TagLayer
from embedlab.randomness import mix, seed_torch
from embedlab.tasks.text_task import TextTask
from embedlab.text.lexicon import Lexicon

TAGGED_TOGETHER = 64  # sentences of a text to be tagged


class Tagging(TextTask):
    """Trains a tagger on sentences; evaluates it on all sentences of the others, each rank on its own.

    The lexicon is kept in checkpoints, so a checkpoint is enough to tag text, with the file of vectors where the model
    has one.

    Args:
        model: ``SentenceBatch -> hidden vectors (rows, steps, H)``, as :class:`embedlab.models.tagger.Tagger`.
        loss: the output layer.
        optimizer: ``parameters -> Optimizer``.
        scheduler: ``optimizer -> LRScheduler``, stepped once an epoch; None for a constant rate.
        validation: protocols run on the validation sentences after an epoch, by name.
        evaluation: protocols run on the test sentences at the end, by name.
        seed: of the run; the randomness of step t is a function of (seed, t).
    """

    protocol = TaggingProtocol
    unlike = "which is none of taggers: take evaluation=tags or entities"

    def __init__(
        self,
        model: nn.Module,
        loss: TagLayer,
        optimizer: Callable[[Iterable[Any]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler] | None = None,
        validation: Mapping[str, TaggingProtocol] | None = None,
        evaluation: Mapping[str, TaggingProtocol] | None = None,
        seed: int = 0,
    ) -> None:
        if not isinstance(loss, TagLayer):
            raise BadInput(f"loss={type(loss).__name__}: taggers take loss=crf or tag_softmax")
        if not hasattr(model, "encoder"):
            raise BadInput(f"model={type(model).__name__}: taggers take model=tagger")
        super().__init__(model, loss, optimizer, scheduler, validation, evaluation, seed)
        self.lexicon: Lexicon | None = None  # from the data or from a checkpoint
        self._predicted: list[list[str]] = []

    def setup(self, stage: str) -> None:
        """Note the lexicon."""
        if not hasattr(self.data, "lexicon"):
            raise BadInput(f"data={type(self.data).__name__}: taggers take data=tagging")
        self.lexicon = self.data.lexicon

    def training_step(self, batch: SentenceBatch, batch_idx: int) -> Tensor:
        """The loss of a batch: nats a word, whatever the number of ranks that its sentences were dealt to."""
        seed_torch(mix(self.seed, self.global_step, distributed.rank()), self.device)
        nats: Tensor = self.loss(self.model(batch), batch.tags, batch.lengths)
        words = distributed.gather(batch.lengths.sum()[None]).float().mean()  # DDP takes the mean of ranks' gradients
        loss = nats.sum() / words
        self.log("train/loss", loss, prog_bar=True, batch_size=len(nats))
        return loss

    def on_validation_epoch_start(self) -> None:
        """Begin with nothing tagged."""
        self._predicted = []

    def validation_step(self, batch: SentenceBatch, batch_idx: int) -> None:
        """Tag a batch; batches come in the order of the sentences."""
        self._predicted += self._tags(batch)

    def evaluated(self, split: str) -> TaggedSet:
        """See :meth:`TextTask.evaluated`; what is not in the training sentences is unseen."""
        sentences = self.data.sentences
        gold = sentences[split][: len(self._predicted)]  # all of them, unless the trainer limits the batches
        return TaggedSet(gold, self._predicted, sentences["train"])

    def tag(self, sentences: Sequence[Sequence[str]]) -> Iterator[list[str]]:
        """The tags of each sentence, of at least one word each."""
        assert self.lexicon is not None
        for start in range(0, len(sentences), TAGGED_TOGETHER):
            batch = SentenceBatch.of(self.lexicon, sentences[start : start + TAGGED_TOGETHER])
            with torch.inference_mode():
                yield from self._tags(move_data_to_device(batch, self.device))

    def _tags(self, batch: SentenceBatch) -> list[list[str]]:
        assert self.lexicon is not None
        found, names = self.loss.decode(self.model(batch), batch.lengths).tolist(), self.lexicon.tags
        return [[names[tag] for tag in row[:n]] for row, n in zip(found, batch.lengths.tolist(), strict=True)]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the lexicon."""
        assert self.lexicon is not None
        checkpoint["lexicon"] = self.lexicon.state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it back.

        Raises:
            BadInput: the data have another one.
        """
        if self.lexicon is not None and checkpoint["lexicon"] != self.lexicon.state():
            raise BadInput("data.path: the sentences have other words or tags than when the run began")
        self.lexicon = Lexicon.from_state(checkpoint["lexicon"])

    def save(self, directory: Path) -> None:
        """What the report shows, into ``evaluation/test.npz``, and the tagged test sentences beside it.

        ``test.conll`` has a line for each word, with its tag and the one found, as ``conlleval -d '\\t'`` reads them.
        """
        super().save(directory)
        pairs = zip(self.data.sentences["test"], self._predicted, strict=False)
        text = ("".join(map("{}\t{}\t{}\n".format, s.words, s.tags, found)) for s, found in pairs)
        write_atomically(directory / "evaluation" / "test.conll", "\n".join(text))
