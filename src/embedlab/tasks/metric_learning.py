"""Metric learning: embed a batch, mine it, and let a loss pull its classes together and apart."""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from embedlab import distributed
from embedlab.atomic import write_arrays
from embedlab.batch import EmbeddingBatch
from embedlab.errors import BadInput
from embedlab.evaluation.protocol import Estimate, EvaluationSet, Protocol, Result
from embedlab.evaluation.verification import VerificationResult
from embedlab.losses import AuxiliaryLoss, Loss
from embedlab.memory import CrossBatchMemory
from embedlab.miners import Miner
from embedlab.models import LayerTaps
from embedlab.randomness import mix, seed_torch

log = logging.getLogger(__name__)

PICTURES = 16 * 2**20  # bytes of images kept for the report, as whole classes


class MetricLearning(pl.LightningModule):
    """Trains an embedder with any loss and miner; evaluates it by the protocols on held-out classes.

    With several ranks, embeddings and labels are gathered from all of them with gradient, every rank computes the
    same global loss, and the result equals one rank with the whole batch (see :mod:`embedlab.distributed`).

    Args:
        model: inputs to embeddings ``(batch, dim)``.
        loss: see :class:`embedlab.losses.Loss`; its own weights are trained along, in their own parameter group.
        optimizer: ``parameters -> Optimizer``.
        scheduler: ``optimizer -> LRScheduler``, stepped once an epoch; None for a constant rate.
        miner: chooses pairs or triplets; None for all.
        memory: past embeddings as further candidates (XBM).
        auxiliary: losses on intermediate layers, added to the loss.
        loss_learning_rate: rate of the loss's own weights; None for the optimizer's.
        validation: protocols run on the validation classes after an epoch, by name.
        evaluation: protocols run on the test classes at the end, by name.
        channels_last: keep images with channels last in memory: faster convolutions on CPUs and GPUs.
        seed: of the run; the randomness of step t is a function of (seed, t).
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        optimizer: Callable[[Iterable[Any]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler] | None = None,
        miner: Miner | None = None,
        memory: CrossBatchMemory | None = None,
        auxiliary: list[AuxiliaryLoss] | None = None,
        loss_learning_rate: float | None = None,
        validation: Mapping[str, Protocol] | None = None,
        evaluation: Mapping[str, Protocol] | None = None,
        channels_last: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.model, self.loss, self.miner, self.memory = model, loss, miner, memory
        self.optimizer, self.scheduler, self.loss_learning_rate = optimizer, scheduler, loss_learning_rate
        self.auxiliary = nn.ModuleList(auxiliary or [])
        self.taps = LayerTaps(model, [term.layer for term in auxiliary or []])
        self.protocols = {"val": dict(validation or {}), "test": dict(evaluation or {})}
        self.channels_last, self.seed = channels_last, seed
        if channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.results: dict[str, dict[str, Result]] = {}
        self.evaluation_sets: dict[str, EvaluationSet] = {}
        self._collected: list[tuple[Tensor, Tensor]] = []

    def forward(self, inputs: Tensor) -> Tensor:
        """Embeddings ``(batch, dim)`` of a batch of inputs."""
        if self.channels_last and inputs.ndim == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        return self.model(inputs)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The loss of one batch of (inputs, labels)."""
        inputs, labels = batch
        seed_torch(mix(self.seed, self.global_step, distributed.rank()), self.device)
        embeddings = distributed.gather(self(inputs))
        labels = distributed.gather(labels)
        seed_torch(mix(self.seed, self.global_step), self.device)  # random miners choose alike on every rank

        anchors = EmbeddingBatch(embeddings, labels)
        compared = anchors if self.memory is None else self.memory.batch(embeddings, labels)
        mined = self.miner(compared) if self.miner is not None else None
        loss = self.loss(compared, mined)
        self.log("train/loss", loss, prog_bar=True)
        self.log_dict({f"train/{name}": value.float() for name, value in self.loss.statistics.items()})
        for term in self.auxiliary:
            assert isinstance(term, AuxiliaryLoss)
            extra = term(distributed.gather(term.pool(self.taps[term.layer])), labels)
            self.log(f"train/loss_{term.layer}", extra)
            loss = loss + extra
        if self.memory is not None:
            self.memory.extend(embeddings.detach(), labels)
        return loss

    def configure_optimizers(self) -> Any:
        """One optimizer; the loss's own weights are a parameter group of their own."""
        groups: list[dict[str, Any]] = [{"params": [p for p in self.model.parameters() if p.requires_grad]}]
        own = [p for module in (self.loss, self.auxiliary) for p in module.parameters()]
        if own:
            rate = {} if self.loss_learning_rate is None else {"lr": self.loss_learning_rate}
            groups.append({"params": own, **rate})
        optimizer = self.optimizer(groups)
        if self.scheduler is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": self.scheduler(optimizer)}

    # Each rank embeds its share of the evaluation set, all gather the whole of it, and compute the same numbers.

    def on_validation_epoch_start(self) -> None:
        """Forget what an earlier pass collected."""
        self._collected = []

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Embed one batch of held-out classes."""
        inputs, labels = batch
        embeddings = distributed.gather_dealt(self(inputs).float())
        self._collected.append((embeddings.cpu(), distributed.gather_dealt(labels).cpu()))

    def on_validation_epoch_end(self) -> None:
        """Run the validation protocols."""
        self._evaluate("val")

    on_test_epoch_start = on_validation_epoch_start
    test_step = validation_step

    def on_test_epoch_end(self) -> None:
        """Run the evaluation protocols."""
        self._evaluate("test")

    def _evaluate(self, split: str) -> None:
        embeddings = torch.cat([e for e, _ in self._collected]).numpy()
        labels = torch.cat([label for _, label in self._collected]).numpy()
        self._collected = []
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        if distributed.world_size() > 1:
            rows = len(getattr(self.trainer, f"{split}_dataloaders").dataset)
            if len(labels) >= rows + distributed.world_size():
                raise BadInput(f"{type(data).__name__}: every rank has all {split} rows; share them by InOrderSampler")
            embeddings, labels = embeddings[:rows], labels[:rows]  # without those dealt twice
        try:
            evaluated = EvaluationSet(embeddings, labels, **data.evaluation_extras(split))
        except ValueError as error:  # NaN: the last step before this evaluation broke the model
            raise BadInput(str(error)) from error
        self.evaluation_sets[split], self.results[split] = evaluated, {}
        for name, protocol in self.protocols[split].items():
            try:
                self.results[split][name] = protocol(evaluated)
            except ValueError as error:  # data too small for one protocol does not take the others' numbers along
                log.warning("%s: left out, %s", name, error)
        self.log_dict({name: estimate.value for name, estimate in self.estimates(split).items()})

    def estimates(self, split: str) -> dict[str, Estimate]:
        """The numbers of the last evaluation of ``val`` or ``test``, named ``split/metric``."""
        results = self.results.get(split, {}).values()
        return {f"{split}/{name}": value for result in results for name, value in result.metrics().items()}

    def save(self, directory: Path) -> None:
        """What the report draws from, into ``evaluation/test.npz``: embeddings, labels, pictures, protocols' curves."""
        evaluated, data = self.evaluation_sets["test"], self.trainer.datamodule  # type: ignore[attr-defined]
        rows = whole_classes(evaluated.labels, most=max(PICTURES // data.thumbnails("test", [0]).nbytes, 1))
        arrays: dict[str, Any] = {
            "embeddings": evaluated.embeddings.astype(np.float32),
            "labels": evaluated.labels,
            "class_names": np.asarray(data.evaluation_names("test")),
            "thumbnail_rows": rows,
            "thumbnails": data.thumbnails("test", rows),
        }
        for result in self.results["test"].values():
            if isinstance(result, VerificationResult):
                arrays |= {"far": result.far, "tar": result.tar, "thresholds": result.thresholds}
                arrays |= {"pair_distances": result.distances, "pair_same": result.same, "threshold": result.threshold}
        write_arrays(directory / "evaluation" / "test.npz", arrays)


def whole_classes(labels: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Rows of as many random classes as have together at most ``most`` rows, at least one class; in order."""
    order = np.random.default_rng(0).permutation(np.unique(labels))
    counts = np.array([(labels == label).sum() for label in order])
    taken = order[: max(int((counts.cumsum() <= most).sum()), 1)]
    return np.flatnonzero(np.isin(labels, taken))
