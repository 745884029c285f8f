"""Sentences with a tag for each word, in batches of about equal length."""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from embedlab.batch import SentenceBatch
from embedlab.data.loader import TrainLoader
from embedlab.data.samplers import BatchIndices, LengthBucketSampler, in_order
from embedlab.data.tagged_text import read_tagged
from embedlab.errors import BadInput
from embedlab.text.lexicon import Lexicon
from embedlab.text.tagged import TaggedSentence
from embedlab.text.tokenize import Tokenizer

log = logging.getLogger(__name__)

EVALUATION_SENTENCES = 64  # beside each other; numbers don't depend on it


class TaggedText(Dataset[SentenceBatch]):
    """Sentences, given out as padded batches."""

    def __init__(self, sentences: Sequence[TaggedSentence], lexicon: Lexicon) -> None:
        self.sentences, self.lexicon = sentences, lexicon
        self.lengths = [len(sentence.words) for sentence in sentences]

    def __len__(self) -> int:
        return len(self.sentences)

    def __getitem__(self, batch: BatchIndices) -> SentenceBatch:
        chosen = [self.sentences[row] for row in batch.indices]
        return SentenceBatch.of(self.lexicon, [s.words for s in chosen], [s.tags for s in chosen])


class TaggingData(LightningDataModule):
    """Files of tagged sentences: to train on, to validate on after each epoch, and to test on.

    Words, characters and tags are those of the training text. A word of the others that is not among them is
    ``<unk>``; a tag that is not cannot be found and counts as an error, which is said.

    Args:
        path: to train on; a file, pattern or folder, or several.
        val_path: likewise to validate on.
        test_path: likewise to test on.
        format: of the files, see :func:`embedlab.data.tagged_text.read_tagged`.
        column: of the tags, see there.
        min_count: rarer words of the training text are ``<unk>`` too, and characters of fewer different words.
        lower: words are looked up in lower case; their characters are as they are written.
        batch_size: sentences of a training step.
        tokenizer: by which `embedlab tag` splits a text; the files are split already.
        seed: of the experiment.

    Raises:
        BadInput: a path is not given; later, when the files are read, what :func:`read_tagged` says of them.
    """

    def __init__(
        self,
        path: str | Sequence[str] | None,
        val_path: str | Sequence[str] | None,
        test_path: str | Sequence[str] | None,
        seed: int,
        format: str | None = None,
        column: str | int | None = None,
        min_count: int = 2,
        lower: bool = False,
        batch_size: int = 32,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        super().__init__()
        self.paths = {"train": path, "val": val_path, "test": test_path}
        for key, what, given in (
            ("path", "train", path),
            ("val_path", "validate", val_path),
            ("test_path", "test", test_path),
        ):
            if not given:
                raise BadInput(f"data.{key}: name the tagged sentences to {what} on: data.{key}=FILE")
        if batch_size < 1 or min_count < 1:
            raise BadInput(f"data.batch_size={batch_size}, data.min_count={min_count}: both are at least 1")
        self.format, self.column, self.seed, self.batch_size = format, column, seed, batch_size
        self.min_count, self.lower, self.tokenizer = min_count, lower, tokenizer

    @cached_property
    def sentences(self) -> dict[str, list[TaggedSentence]]:
        """By split, read on first use."""
        return {split: read_tagged(path, self.format, self.column) for split, path in self.paths.items() if path}

    @cached_property
    def lexicon(self) -> Lexicon:
        """That of the training text."""
        return Lexicon.of(self.sentences["train"], self.min_count, self.lower)

    @property
    def sizes(self) -> dict[str, Any]:
        """``vocabulary_size``, ``alphabet_size`` and the names of the ``tags``."""
        lexicon = self.lexicon
        return {
            "vocabulary_size": len(lexicon.words), "alphabet_size": len(lexicon.characters), "tags": lexicon.tags,
        }  # fmt: skip

    @property
    def checksum(self) -> str:
        """Fingerprint of all words and tags."""
        digest = hashlib.sha256()
        for sentences in self.sentences.values():
            digest.update(repr([tuple(sentence) for sentence in sentences]).encode())
        return digest.hexdigest()

    def prepare_data(self) -> None:
        """Read all there is, so that what is wrong with it is said before training; name tags that can't be found.

        Raises:
            BadInput: fewer sentences than a batch.
        """
        if len(self.sentences["train"]) < self.batch_size:
            count = len(self.sentences["train"])
            raise BadInput(f"data.batch_size={self.batch_size}: there are only {count} sentences to train on")
        for split in ("val", "test"):
            tags = Counter(tag for sentence in self.sentences[split] for tag in sentence.tags)
            if unknown := {tag: count for tag, count in tags.items() if tag not in self.lexicon.tag_numbers}:
                log.warning(
                    "%s: %d words with tags that the training text has not (%s): they count as errors",
                    split, sum(unknown.values()), ", ".join(unknown),
                )  # fmt: skip

    def train_dataloader(self) -> TrainLoader:
        """Batches of sentences of about equal length, in a new order each epoch."""
        text = TaggedText(self.sentences["train"], self.lexicon)
        sampler = LengthBucketSampler(text.lengths, self.batch_size, self.seed)
        return TrainLoader(text, sampler=sampler, batch_size=None, generator=torch.Generator())

    def val_dataloader(self) -> DataLoader:
        """The sentences to validate on, in order."""
        return self._in_order("val")

    def test_dataloader(self) -> DataLoader:
        """The sentences to test on, in order."""
        return self._in_order("test")

    def _in_order(self, split: str) -> DataLoader:
        text = TaggedText(self.sentences[split], self.lexicon)
        return DataLoader(text, sampler=in_order(len(text), EVALUATION_SENTENCES), batch_size=None)
