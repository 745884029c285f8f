"""Classification of texts: one class for each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from lightning_fabric.utilities import move_data_to_device
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from embedlab import distributed
from embedlab.batch import TextBatch, within
from embedlab.errors import BadInput
from embedlab.evaluation.classification import ClassAccuracy, ClassifiedSet
from embedlab.evaluation.protocol import Estimate
from embedlab.losses.classification import ClassSoftmax
from embedlab.randomness import mix, seed_torch
from embedlab.tasks.text_task import TextTask

CLASSIFIED_TOGETHER = 64  # texts


class Classification(TextTask):
    """Trains a classifier on texts; evaluates it on all texts of the others, each rank on its own.

    Words and classes are kept in checkpoints, so a checkpoint is enough to classify text.

    Args:
        model: ``TextBatch -> (rows, output_dim)``, as :class:`embedlab.models.sentence_cnn.SentenceCnn`.
        loss: the output layer.
        optimizer: ``parameters -> Optimizer``.
        scheduler: ``optimizer -> LRScheduler``, stepped once an epoch; None for a constant rate.
        validation: protocols run on the validation texts after an epoch, by name.
        evaluation: protocols run on the test texts at the end, by name.
        seed: of the run; the randomness of step t is a function of (seed, t).
    """

    protocol = ClassAccuracy
    unlike = "which is none of classifiers of texts: take evaluation=classes"

    def __init__(
        self,
        model: nn.Module,
        loss: ClassSoftmax,
        optimizer: Callable[[Iterable[Any]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler] | None = None,
        validation: Mapping[str, ClassAccuracy] | None = None,
        evaluation: Mapping[str, ClassAccuracy] | None = None,
        seed: int = 0,
    ) -> None:
        if not isinstance(loss, ClassSoftmax):
            raise BadInput(f"loss={type(loss).__name__}: classifiers of texts take loss=class_softmax")
        if not hasattr(model, "words"):
            raise BadInput(
                f"model={type(model).__name__}: classifiers of texts take model=sentence_cnn, sentence_rnn or "
                "sentence_bag"
            )
        super().__init__(model, loss, optimizer, scheduler, validation, evaluation, seed)
        self.words: dict[str, int] = {}  # the number of each; from the data or from a checkpoint, as
        self.classes: list[str] = []
        self._found: list[Tensor] = []
        self._known: list[Tensor] = []

    def setup(self, stage: str) -> None:
        """Note words and classes."""
        if not hasattr(self.data, "classes"):
            raise BadInput(f"data={type(self.data).__name__}: classifiers of texts take data=sentences, mr, sst1, …")
        self.words, self.classes = dict(self.data.vocabulary.index), list(self.data.classes)

    def on_fit_start(self) -> None:
        """Start from the vectors and the weights of words that the model asks for; a resumed run has its own."""
        if self.trainer.ckpt_path is not None:
            return
        self.model.words.start_from(self.data.vocabulary.words)
        if hasattr(self.model, "weigh"):
            train = self.data.numbered("train")
            self.model.weigh(train.texts, train.labels)

    def training_step(self, batch: TextBatch, batch_idx: int) -> Tensor:
        """The loss of a batch: nats a text, whatever the number of ranks that its texts were dealt to."""
        seed_torch(mix(self.seed, self.global_step, distributed.rank()), self.device)
        nats: Tensor = self.loss(self.model(batch), batch.labels)
        texts = distributed.gather(torch.tensor([float(len(nats))], device=self.device)).mean()
        loss = nats.sum() / texts  # DDP takes the mean of ranks' gradients
        self.log("train/loss", loss, prog_bar=True, batch_size=len(nats))
        return loss

    def optimizer_step(self, *arguments: Any, **more: Any) -> None:
        """One step, and what the output layer allows of it."""
        super().optimizer_step(*arguments, **more)
        self.loss.constrain()

    def on_validation_epoch_start(self) -> None:
        """Begin with nothing classified."""
        self._found, self._known = [], []

    def validation_step(self, batch: TextBatch, batch_idx: int) -> None:
        """Classify a batch; batches come in the order of the texts."""
        self._found.append(self.loss.probabilities(self.model(batch)).cpu())
        own = batch.tokens[within(batch.lengths, batch.tokens.shape[1])]
        self._known.append(self.model.words.known[own].cpu())

    def evaluated(self, split: str) -> ClassifiedSet:
        """See :meth:`TextTask.evaluated`."""
        probabilities = torch.cat(self._found).numpy()
        gold = self.data.texts[split][: len(probabilities)]  # all of them, unless the trainer limits the batches
        return ClassifiedSet(gold, self.classes, probabilities)

    def estimates(self, split: str) -> dict[str, Estimate]:
        """See :meth:`TextTask.estimates`.

        ``vector_coverage`` is the share of the texts' words that the file of vectors has, where the model has one.
        """
        found = super().estimates(split)
        if found and self.model.words.vectors is not None:
            found[f"{split}/vector_coverage"] = Estimate(float(torch.cat(self._known).float().mean()))
        return found

    def classify(self, texts: Sequence[NDArray[np.int64]]) -> Tensor:
        """The probabilities ``(texts, C)`` of classes, of texts as the numbers of their words, at least one each."""
        found = []
        for start in range(0, len(texts), CLASSIFIED_TOGETHER):
            batch = TextBatch.of([text.tolist() for text in texts[start : start + CLASSIFIED_TOGETHER]])
            with torch.inference_mode():
                found.append(self.loss.probabilities(self.model(move_data_to_device(batch, self.device))).cpu())
        return torch.cat(found)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep words and classes."""
        checkpoint["words"], checkpoint["classes"] = list(self.words), self.classes

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take them back.

        Raises:
            BadInput: the data have others.
        """
        if self.words and (checkpoint["words"], checkpoint["classes"]) != (list(self.words), self.classes):
            raise BadInput("data.path: the texts have other words or classes than when the run began")
        self.words = {word: number for number, word in enumerate(checkpoint["words"])}
        self.classes = checkpoint["classes"]
