"""Text for language models: a stream of tokens, folded into rows to train on and read in one row to evaluate."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from embedlab.batch import TokenWindow
from embedlab.data.corpus import Corpus
from embedlab.data.loader import TrainLoader
from embedlab.data.preparation import Preparation, open_texts
from embedlab.data.samplers import BatchIndices, WindowSampler
from embedlab.data.text import InOrderBlocks, TextBlocks
from embedlab.data.text_parts import parts_by_name, split_off
from embedlab.errors import BadInput
from embedlab.randomness import mix
from embedlab.text.vocabulary import UNKNOWN

EVALUATION_STEPS = 1000  # of a window of evaluation; numbers don't depend on it


HALVED = 0.05  # the share of windows that are about half as long, where lengths vary


class FoldedStream(Dataset[TokenWindow]):
    """A stream of tokens as ``rows`` of equal length, in windows of ``steps``; the last may be shorter.

    Row ``r`` goes on, window by window, with tokens ``r·length`` to ``(r + 1)·length``. Each is to be predicted from
    the one before it, the first of all from ``start``. Fewer than ``rows`` tokens at the end belong to no row.

    Args:
        ids: the stream ``(n,)``.
        rows: into how many it is folded.
        steps: of a window.
        start: the token taken to stand before the stream.
        jitter: above 0, windows end elsewhere in each epoch, see :meth:`bounds`.
        seed: from which, with the number of the epoch, it follows where.
    """

    def __init__(
        self, ids: NDArray[np.int32], rows: int, steps: int, start: int, jitter: float = 0.0, seed: int = 0
    ) -> None:
        self.ids, self.rows, self.steps, self.start = ids, rows, steps, start
        self.jitter, self.seed = jitter, seed
        self.length = len(ids) // rows
        mean = steps * (1 - HALVED / 2) if jitter else steps
        self.windows = math.ceil(self.length / mean)  # in a row, in every epoch
        self._bounds: tuple[int, NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return self.windows * self.rows

    def bounds(self, epoch: int) -> NDArray[np.int64]:
        """Where windows begin, and where the last ends ``(windows + 1,)``.

        With jitter their lengths are drawn from a normal distribution of that deviation about ``steps``, or, with
        probability 0.05, about half of it (Merity et al. 2018), and all are then stretched by a little to cover the
        row: each epoch has all tokens, in equally many windows.
        """
        if self._bounds is None or self._bounds[0] != epoch:
            self._bounds = epoch, self._drawn(epoch) if self.jitter else self._equal()
        return self._bounds[1]

    def _equal(self) -> NDArray[np.int64]:
        return np.minimum(np.arange(self.windows + 1) * self.steps, self.length)

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        random = np.random.default_rng(mix(self.seed, epoch))
        means = np.where(random.random(self.windows) < HALVED, self.steps / 2, self.steps)
        ends = random.normal(means, self.jitter).clip(self.steps / 4).cumsum()
        stretched = (ends * ((self.length - self.windows) / ends[-1])).round().astype(np.int64)
        return np.append(0, stretched) + np.arange(self.windows + 1)  # no window is without a step

    def __getitem__(self, batch: BatchIndices) -> TokenWindow:
        """Window ``w`` of rows ``r``, by indices ``w·rows + r``, the windows of all epochs being numbered on."""
        windows, rows = np.divmod(batch.indices, self.rows)
        epoch, window = divmod(int(windows[0]), self.windows)
        first, last = self.bounds(epoch)[window : window + 2].tolist()
        steps = np.arange(first, last)
        places = rows[:, None] * self.length + steps
        inputs = np.where(places > 0, self.ids[np.maximum(places - 1, 0)], self.start)
        targets = self.ids[places].astype(np.int64)
        return TokenWindow(torch.from_numpy(inputs.astype(np.int64)), torch.from_numpy(targets), first == 0)


class LanguageModelingData(LightningDataModule):
    """Text files as streams of tokens, read once and found again in the cache; the vocabulary is of training text.

    Tokens of the other texts that are not in it are ``<unk>``. What stands before a text is ``<eos>`` over words, over
    characters a newline. Evaluation reads a text in one row from there on: each token counts once, after all that
    stands before it, whatever the batch size of training.

    Args:
        path: a text file, pattern or folder, or several; ``.gz``, ``.xz`` and ``.bz2`` too. A folder whose files say
            which part they are, see :func:`embedlab.data.text_parts.parts_by_name`, gives all three.
        seed: of the experiment.
        batch_size: rows that the training text is folded into; None for blocks of it in order, to count.
        window: steps through which gradients flow back, or tokens of a block.
        jitter: standard deviation of windows' lengths in steps, as :class:`FoldedStream` draws them; 0: all are equal.
        reversed: texts are read from their end, by models that are to predict what stands before.
        val_path: likewise to validate on; None: split off the end of ``path``.
        test_path: likewise to test on.
        val_fraction: how much is split off, before what is split off to test on.
        test_fraction: likewise.
        cache: where prepared corpora lie; see :func:`embedlab.data.corpus.cache_directory`.
        preparation: arguments of :class:`embedlab.data.preparation.Preparation`.

    Raises:
        BadInput: no path; later, when the text is read, what that class says of it, or that it is too short.
    """

    def __init__(
        self,
        path: str | Sequence[str] | None,
        seed: int,
        batch_size: int | None = 20,
        window: int = 35,
        jitter: float = 0.0,
        reversed: bool = False,
        val_path: str | Sequence[str] | None = None,
        test_path: str | Sequence[str] | None = None,
        val_fraction: float = 0.05,
        test_fraction: float = 0.05,
        cache: str | None = None,
        **preparation: Any,
    ) -> None:
        super().__init__()
        if not path:
            raise BadInput("data.path: name the text to train on: data.path=FILE, a folder, or a pattern of files")
        if (batch_size is not None and batch_size < 1) or window < 1:
            raise BadInput(f"data.batch_size={batch_size}, data.window={window}: both are at least 1")
        if not 0 <= jitter <= window / 4:
            raise BadInput(f"data.jitter={jitter:g}: steps, at least 0 and at most a quarter of data.window={window}")
        self.path, self.seed, self.batch_size, self.window, self.cache = path, seed, batch_size, window, cache
        self.jitter, self.reversed = jitter, reversed
        self.held_out = {"val": (val_path, val_fraction), "test": (test_path, test_fraction)}
        self.preparation = Preparation(unknown=True, **preparation)

    @cached_property
    def corpora(self) -> dict[str, Corpus]:
        """The texts as numbers by split, prepared on first use."""
        named = parts_by_name(self.path)
        sources: dict[str, Any] = {split: path or named.get(split) for split, (path, _) in self.held_out.items()}
        fractions = {split: fraction for split, (_, fraction) in self.held_out.items() if not sources[split]}
        train, *parts = split_off(open_texts(named.get("train", self.path)), list(fractions.values()))
        sources |= dict(zip(fractions, parts, strict=True))
        corpora = {"train": self.preparation(train, self.cache, progress=True)}
        words = corpora["train"].vocabulary
        for split, source in sources.items():
            corpora[split] = self.preparation(source, self.cache, progress=True, vocabulary=words)
        return corpora

    @property
    def sizes(self) -> dict[str, Any]:
        """``vocabulary_size``."""
        return {"vocabulary_size": len(self.corpora["train"].vocabulary)}

    @property
    def checksum(self) -> str:
        """Fingerprint of the texts and of how they were prepared."""
        return " ".join(corpus.directory.name for corpus in self.corpora.values())

    def stream(self, split: str, rows: int, steps: int, jitter: float = 0.0) -> FoldedStream:
        """The text of ``train``, ``val`` or ``test``, folded."""
        start = self.corpora["train"].vocabulary.start
        return FoldedStream(self._read(split), rows, steps, start, jitter, self.seed)

    def characters(self, split: str, first: int | None = None) -> int:
        """How many the first tokens of a split have, None: all, as they are written: with a space after each word."""
        vocabulary, write = self.corpora[split].vocabulary, self.preparation.tokenizer.written
        lengths = np.array([len(write(word)) for word in vocabulary.words])
        return int(np.bincount(self._read(split)[:first], minlength=len(lengths)) @ lengths)

    def unknown_fraction(self, split: str, first: int | None = None) -> float:
        """The share of a split's first tokens, None: of all, that are ``<unk>``."""
        unknown = self.corpora[split].vocabulary.index[UNKNOWN]
        return float(np.mean(self._read(split)[:first] == unknown))

    def _read(self, split: str) -> NDArray[Any]:
        """Its tokens in the order in which they are read."""
        ids = self.corpora[split].ids
        return ids[::-1] if self.reversed else ids

    def prepare_data(self) -> None:
        """Read all there is, so that what is wrong with it is said before training.

        Raises:
            BadInput: the rows are shorter than a window.
        """
        if self.batch_size is None:
            _ = self.corpora
            return
        train = self.stream("train", self.batch_size, self.window)
        if train.length < self.window:
            raise BadInput(
                f"data.window={self.window}: of the {len(train.ids)} tokens to train on each of "
                f"data.batch_size={self.batch_size} rows has only {train.length}; lower one of the two"
            )

    def train_dataloader(self) -> TrainLoader:
        """The windows of all rows, in order; without rows, blocks of tokens, in order."""
        if self.batch_size is None:
            length = len(self.corpora["train"].ids)
            blocks = TextBlocks(np.append(np.arange(0, length, self.window), length))
            in_order = InOrderBlocks(len(blocks), self.seed)
            return TrainLoader(blocks, sampler=in_order, batch_size=None, generator=torch.Generator())
        stream = self.stream("train", self.batch_size, self.window, self.jitter)
        sampler = WindowSampler(self.batch_size, stream.windows, self.seed)
        return TrainLoader(stream, sampler=sampler, batch_size=None, generator=torch.Generator())

    def val_dataloader(self) -> DataLoader:
        """The text to validate on, in one row."""
        return self._in_one_row("val")

    def test_dataloader(self) -> DataLoader:
        """The text to test on, in one row."""
        return self._in_one_row("test")

    def _in_one_row(self, split: str) -> DataLoader:
        stream = self.stream(split, 1, EVALUATION_STEPS)
        return DataLoader(stream, sampler=[BatchIndices([k], 0) for k in range(stream.windows)], batch_size=None)
