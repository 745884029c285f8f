"""Batch samplers: which rows make up each training batch, as a pure function of (seed, epoch, step).

A sampler names whole batches: pass it as ``DataLoader(dataset, sampler=…, batch_size=None)`` and the dataset gets one
:class:`BatchIndices` per ``__getitem__``. Every rank draws the same global batch and takes its own slice of it, so N
ranks see together, in rank order, exactly what one rank sees; the size of a batch in a config is always the global one.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Sampler

from embedlab import distributed
from embedlab.errors import BadInput
from embedlab.randomness import mix

log = logging.getLogger(__name__)


class BatchIndices(NamedTuple):
    """One batch by name: the rows in it, and the seed of its random augmentation."""

    indices: list[int]
    seed: int


class BatchSampler(Sampler[BatchIndices]):
    """Names the batches of an epoch; a subclass says which rows are in the global batch of a step.

    Args:
        batch_size: rows of the global batch; divisible by the number of ranks.
        batches_per_epoch: length of an epoch in steps.
        seed: the data order and the augmentation follow from it.

    Attributes:
        epoch: set by :meth:`set_epoch`, which Lightning calls before every epoch.
        start: the step the next iteration begins at, for resuming inside the epoch; used once.
    """

    def __init__(self, batch_size: int, batches_per_epoch: int, seed: int) -> None:
        if batches_per_epoch < 1:
            raise BadInput(f"sampler.batches_per_epoch={batches_per_epoch}: an epoch has at least one batch")
        self.batch_size, self.batches_per_epoch, self.seed = batch_size, batches_per_epoch, seed
        self.epoch = 0
        self.start = 0

    def set_epoch(self, epoch: int) -> None:
        """Make the next iteration that of this epoch, from its first step."""
        if epoch != self.epoch:
            self.epoch, self.start = epoch, 0

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """The global batch ``(batch_size,)`` of a step."""
        raise NotImplementedError

    def random(self, *key: int) -> np.random.Generator:
        """A generator of its own for ``seed`` and that key."""
        return np.random.default_rng(mix(self.seed, *key))

    def __len__(self) -> int:
        return self.batches_per_epoch

    def __iter__(self) -> Iterator[BatchIndices]:
        rank, world_size = distributed.rank(), distributed.world_size()
        share, rest = divmod(self.batch_size, world_size)
        if rest or not share:
            raise BadInput(f"a batch of {self.batch_size} can't be shared equally by {world_size} ranks")
        start, self.start = self.start, 0
        for step in range(start, len(self)):
            rows = self.rows(self.epoch, step)[rank * share : (rank + 1) * share]
            yield BatchIndices(rows.tolist(), mix(self.seed, self.epoch, rank, step))


class MPerClassSampler(BatchSampler):
    """P classes a batch, K members of each: no anchor is without a positive (Hermans et al. 2017, "PK batches").

    Classes are drawn without replacement, then members without replacement. The order is class-major: all of a
    class's members are adjacent, so that with K = shots + queries a batch is also a prototypical episode.
    Members of a class with fewer than K are drawn *with* replacement; the number of such classes is logged.

    Args:
        labels: classes ``(N,)`` of the training rows.
        classes_per_batch: P, at least 2.
        samples_per_class: K, at least 2.
        batches_per_epoch: steps of an epoch; ``N // (P·K)`` when None.
        seed: of the experiment.
    """

    def __init__(
        self,
        labels: Tensor | Sequence[int],
        classes_per_batch: int,
        samples_per_class: int,
        batches_per_epoch: int | None = None,
        seed: int = 0,
    ) -> None:
        self.members = members_by_class(labels)
        sizes = np.array([len(rows) for rows in self.members])
        if classes_per_batch < 2:
            raise BadInput(f"sampler.classes_per_batch={classes_per_batch}: a batch needs two classes or more")
        if classes_per_batch > len(self.members):
            raise BadInput(
                f"sampler.classes_per_batch={classes_per_batch}: the training data has only {len(self.members)} classes"
            )
        if samples_per_class < 2:
            raise BadInput(
                f"sampler.samples_per_class={samples_per_class}: a positive pair needs 2 or more; "
                "sampler=class_balanced asks for no pairs"
            )
        if sizes.max() < 2:
            raise BadInput(
                f"sampler.samples_per_class={samples_per_class}: every class of the training data has only one member, "
                "so there is no positive pair; sampler=class_balanced asks for no pairs"
            )
        self.classes_per_batch, self.samples_per_class = classes_per_batch, samples_per_class
        batch_size = classes_per_batch * samples_per_class
        super().__init__(batch_size, batches_per_epoch or max(int(sizes.sum()) // batch_size, 1), seed)
        if few := int((sizes < samples_per_class).sum()):
            log.warning(
                "%d of %d classes have fewer than %d members: theirs are drawn with replacement",
                few, len(sizes), samples_per_class,
            )  # fmt: skip

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """The global batch, class-major."""
        random, size = self.random(epoch, step), self.samples_per_class
        classes = random.choice(len(self.members), self.classes_per_batch, replace=False)
        chosen = (self.members[c] for c in classes)
        return np.concatenate([random.choice(rows, size, replace=len(rows) < size) for rows in chosen])


class ClassBalancedSampler(BatchSampler):
    """Every draw takes a class uniformly, then one of its members uniformly; draws are independent.

    Args:
        labels: classes ``(N,)`` of the training rows.
        batch_size: draws in a global batch, at least 2.
        batches_per_epoch: steps of an epoch; ``N // batch_size`` when None.
        seed: of the experiment.
    """

    def __init__(
        self,
        labels: Tensor | Sequence[int],
        batch_size: int,
        batches_per_epoch: int | None = None,
        seed: int = 0,
    ) -> None:
        _check_batch_size(batch_size)
        members = members_by_class(labels)
        self.ordered = np.concatenate(members)
        self.sizes = np.array([len(rows) for rows in members])
        self.starts = self.sizes.cumsum() - self.sizes
        super().__init__(batch_size, batches_per_epoch or max(len(self.ordered) // batch_size, 1), seed)

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """The global batch."""
        random = self.random(epoch, step)
        classes = random.integers(len(self.sizes), size=self.batch_size)
        return self.ordered[self.starts[classes] + random.integers(self.sizes[classes])]


class ShuffleSampler(BatchSampler):
    """Plain epochs: every row at most once, in a new random order; the rows that fill no whole batch wait an epoch.

    Args:
        labels: classes ``(N,)`` of the training rows; only their number matters.
        batch_size: rows of a global batch, at least 2 and at most N.
        seed: of the experiment.
    """

    def __init__(self, labels: Tensor | Sequence[int], batch_size: int, seed: int = 0) -> None:
        _check_batch_size(batch_size)
        if batch_size > len(labels):
            raise BadInput(f"sampler.batch_size={batch_size}: the training data has only {len(labels)} rows")
        self.length = len(labels)
        super().__init__(batch_size, self.length // batch_size, seed)
        self._order: tuple[int, NDArray[np.int64]] | None = None

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """The global batch."""
        if self._order is None or self._order[0] != epoch:
            self._order = epoch, self.random(epoch).permutation(self.length)
        return self._order[1][step * self.batch_size : (step + 1) * self.batch_size]


class LengthBucketSampler(BatchSampler):
    """Plain epochs whose batches are of rows of about equal length, so that little is padded.

    A new random order is cut into stretches of ``POOL`` batches, each sorted by length and cut into batches, and these
    are drawn in random order. Rows that fill no whole batch wait an epoch.

    Args:
        lengths: ``(N,)`` of the training rows.
        batch_size: rows of a global batch, at most N.
        seed: of the experiment.
    """

    POOL = 50

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int = 0) -> None:
        self.lengths = np.asarray(lengths)
        super().__init__(batch_size, len(self.lengths) // batch_size, seed)
        self._batches: tuple[int, NDArray[np.int64]] | None = None

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """The global batch."""
        if self._batches is None or self._batches[0] != epoch:
            self._batches = epoch, self._drawn(epoch)
        return self._batches[1][step]

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        """All batches ``(steps, batch_size)`` of an epoch."""
        random, kept = self.random(epoch), self.batches_per_epoch * self.batch_size
        order = random.permutation(len(self.lengths))[:kept]
        pool = np.arange(kept) // (self.POOL * self.batch_size)
        order = order[np.lexsort((self.lengths[order], pool))]
        return random.permutation(order.reshape(-1, self.batch_size))


class ConsecutiveSampler(BatchSampler):
    """Rows in order: step ``t`` has those from ``t·batch_size`` on."""

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """The global batch."""
        return np.arange(step * self.batch_size, (step + 1) * self.batch_size)


class WindowSampler(ConsecutiveSampler):
    """Rows in order, and those of an epoch follow those of the epoch before."""

    def rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        """The global batch."""
        return super().rows(epoch, epoch * self.batches_per_epoch + step)


class InOrderSampler(Sampler[BatchIndices]):
    """All rows in order, dealt to the ranks in turn: for evaluation.

    Rank r of N has the rows r, r + N, …; :func:`embedlab.distributed.gather_dealt` puts a batch of all ranks in order
    again. Where the ranks can't share equally the last row is dealt again, so that all have equally many batches; what
    is gathered beyond ``length`` rows is to be cut off.
    """

    def __init__(self, length: int, batch_size: int) -> None:
        self.length, self.batch_size = length, batch_size

    def __len__(self) -> int:
        return -(-self._share // self.batch_size)

    def __iter__(self) -> Iterator[BatchIndices]:
        rank, world_size = distributed.rank(), distributed.world_size()
        rows = [min(turn * world_size + rank, self.length - 1) for turn in range(self._share)]
        for start in range(0, len(rows), self.batch_size):
            yield BatchIndices(rows[start : start + self.batch_size], 0)

    @property
    def _share(self) -> int:
        return -(-self.length // distributed.world_size())


def in_order(length: int, batch_size: int) -> list[BatchIndices]:
    """All rows in order, on every rank alike: for evaluation that each rank does on its own."""
    starts = range(0, length, batch_size)
    return [BatchIndices(list(range(start, min(start + batch_size, length))), 0) for start in starts]


def members_by_class(labels: Tensor | Sequence[int]) -> list[NDArray[np.int64]]:
    """The rows of each class, by ascending label."""
    array = np.asarray(labels)
    order = np.argsort(array, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(array[order])) + 1)


def _check_batch_size(batch_size: int) -> None:
    if batch_size < 2:
        raise BadInput(f"sampler.batch_size={batch_size}: a batch needs two rows or more")
