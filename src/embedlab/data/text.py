"""Text for word vectors: a corpus handed out in blocks of sentences, and the sets its vectors are tested on."""

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from embedlab import distributed
from embedlab.batch import TextBlock
from embedlab.data.corpus import Corpus
from embedlab.data.loader import TrainLoader
from embedlab.data.preparation import Preparation
from embedlab.data.samplers import BatchIndices, ConsecutiveSampler
from embedlab.data.word_sets import FILES, read_word_set
from embedlab.errors import BadInput
from embedlab.evaluation.words import WordSet

log = logging.getLogger(__name__)


class TextBlocks(Dataset[TextBlock]):
    """Blocks by name; ``bounds`` are the sentences between which they lie, one more than there are blocks.

    Blocks without a sentence are put at the end, until there are equally many for each rank.
    """

    def __init__(self, bounds: NDArray[np.int64]) -> None:
        short = -(len(bounds) - 1) % distributed.world_size()
        self.bounds = np.pad(bounds, (0, short), mode="edge")

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, batch: BatchIndices) -> TextBlock:
        (block,) = batch.indices
        return TextBlock(int(self.bounds[block]), int(self.bounds[block + 1]), batch.seed)


class InOrderBlocks(ConsecutiveSampler):
    """A block a step for each rank, as they follow one another in the text; all ranks have equally many."""

    def __init__(self, blocks: int, seed: int) -> None:
        ranks = distributed.world_size()
        super().__init__(batch_size=ranks, batches_per_epoch=blocks // ranks, seed=seed)


class TextData(LightningDataModule):
    """Text files as one corpus, read once and found again in the cache.

    Args:
        path: a text file, pattern or folder, or several; ``.gz``, ``.xz`` and ``.bz2`` too.
        seed: of the experiment.
        block_words: words of a training step of a rank, about; below a million the frame takes
            a good part of the time.
        val_sets: names in :data:`embedlab.data.word_sets.FILES`, or files of one's own, to validate on.
        test_sets: likewise, to test on.
        sets_root: the folder of the named sets; those that aren't there are left out, with a warning.
        cache: where prepared corpora lie; see :func:`embedlab.data.corpus.cache_directory`.
        preparation: arguments of :class:`embedlab.data.preparation.Preparation`.

    Raises:
        BadInput: no path; later, when the text is read, what that class says of it.
    """

    def __init__(
        self,
        path: str | Sequence[str] | None,
        seed: int,
        block_words: int = 1_000_000,
        val_sets: Sequence[str] = (),
        test_sets: Sequence[str] = (),
        sets_root: str = "data",
        cache: str | None = None,
        **preparation: Any,
    ) -> None:
        super().__init__()
        if not path:
            raise BadInput("data.path: name the text to train on: data.path=FILE, a folder, or a pattern of files")
        if block_words < 1:
            raise BadInput(f"data.block_words={block_words}: a step needs at least one word")
        self.path, self.seed, self.block_words, self.cache = path, seed, block_words, cache
        self.set_names, self.sets_root = {"val": list(val_sets), "test": list(test_sets)}, sets_root
        self.preparation = Preparation(**preparation)
        self._word_sets: dict[str, dict[str, WordSet]] = {}

    @cached_property
    def corpus(self) -> Corpus:
        """The text as numbers, prepared on first use."""
        return self.preparation(self.path, self.cache, progress=True)

    @property
    def sizes(self) -> dict[str, Any]:
        """``vocabulary_size``."""
        return {"vocabulary_size": len(self.corpus.vocabulary)}

    @property
    def checksum(self) -> str:
        """Fingerprint of the texts and of how they were prepared."""
        return self.corpus.directory.name

    def word_sets(self, split: str) -> dict[str, WordSet]:
        """The sets of ``val`` or ``test`` by name.

        Raises:
            BadInput: a name that is neither a set nor a file; a file that is no such set.
        """
        if split not in self._word_sets:
            names, root = self.set_names[split], Path(self.sets_root)
            missing = [name for name in names if name in FILES and not (root / FILES[name]).is_file()]
            if missing:
                log.warning("%s: not in %s, left out; set EMBEDLAB_DATA to their folder", ", ".join(missing), root)
            there = [name for name in names if name not in missing]
            self._word_sets[split] = {
                Path(name).stem: read_word_set(name, root, self.preparation.tokenizer) for name in there
            }
        return self._word_sets[split]

    def prepare_data(self) -> None:
        """Read all there is, so that what is wrong with it is said before training."""
        _ = self.corpus, self.word_sets("val"), self.word_sets("test")

    def train_dataloader(self) -> TrainLoader:
        """The text in order, block by block."""
        blocks = TextBlocks(self.corpus.blocks(self.block_words))
        sampler = InOrderBlocks(len(blocks), self.seed)
        return TrainLoader(blocks, sampler=sampler, batch_size=None, generator=torch.Generator())

    def val_dataloader(self) -> DataLoader | list[DataLoader]:
        """One step, at whose end the validation sets are evaluated; an empty list where there are none."""
        return DataLoader([0], batch_size=None) if self.word_sets("val") else []  # type: ignore[arg-type]

    def test_dataloader(self) -> DataLoader:
        """One step, at whose end the test sets are evaluated."""
        return DataLoader([0], batch_size=None)  # type: ignore[arg-type]
