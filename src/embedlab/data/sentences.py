"""Texts with a class each, in batches of about equal length; split by files, or into folds."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from embedlab.batch import TextBatch
from embedlab.data.labelled_text import read_labelled
from embedlab.data.loader import TrainLoader
from embedlab.data.samplers import BatchIndices, LengthBucketSampler, in_order
from embedlab.errors import BadInput
from embedlab.text.labelled import LabelledText, check_words
from embedlab.text.tokenize import Tokenizer
from embedlab.text.vocabulary import Vocabulary, numbers_of

EVALUATION_TEXTS = 64  # beside each other; numbers don't depend on it
SPLIT_SEED = 0  # who is held out is the same for all models and seeds: they are compared on the same texts


class NumberedTexts(Dataset[TextBatch]):
    """Texts as the numbers of their words and classes, given out as padded batches."""

    def __init__(self, texts: Sequence[NDArray[np.int64]], labels: Sequence[int]) -> None:
        self.texts, self.labels = texts, labels
        self.lengths = [len(text) for text in texts]

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, batch: BatchIndices) -> TextBatch:
        texts = [self.texts[row].tolist() for row in batch.indices]
        return TextBatch.of(texts, [self.labels[row] for row in batch.indices])


class SentenceData(LightningDataModule):
    """Texts to train on, to validate on after each epoch, and to test on.

    Where no texts to test on are named, those of ``path`` are dealt into ``folds``, each with its share of every class,
    and ``fold`` is tested on. Where none to validate on are named, a share of each class of what is left is held out.
    Both are the same whatever the seed.

    Args:
        path: a file, pattern or folder, or several.
        seed: of the experiment.
        val_path: likewise to validate on; None: a part of ``path``.
        test_path: likewise to test on; None: a fold of ``path``.
        format: of the files, see :func:`embedlab.data.labelled_text.read_labelled`, as for the next four.
        text: likewise.
        label: likewise.
        encoding: likewise.
        skip_empty: likewise.
        phrases: trains on all phrases of trees; what is validated and tested on are sentences.
        labels: classes by what the files call them, null for texts to be left out; None: as the files call them.
        folds: F of which ``fold``, 0 … F − 1, is tested on.
        fold: likewise.
        val_fraction: of each class, to validate on.
        vocabulary: ``all``: each word of all texts has a number, as in Kim's experiments, so that words that only the
            test has may have vectors from elsewhere; ``train``: those of the training texts alone.
        min_count: rarer words are ``<unk>``.
        max_words: of a text; longer ones are refused.
        batch_size: texts of a training step.
        tokenizer: by which texts are split into words; None: by white space.

    Raises:
        BadInput: a value that can't be; later, when the files are read, what :func:`read_labelled` says of them.
    """

    def __init__(
        self,
        path: str | Sequence[str] | None,
        seed: int,
        val_path: str | Sequence[str] | None = None,
        test_path: str | Sequence[str] | None = None,
        format: str | None = None,
        text: str = "text",
        label: str = "label",
        encoding: str = "utf-8",
        skip_empty: bool = False,
        phrases: bool = False,
        labels: Mapping[Any, str | None] | None = None,
        folds: int = 10,
        fold: int = 0,
        val_fraction: float = 0.1,
        vocabulary: str = "all",
        min_count: int = 1,
        max_words: int = 1000,
        batch_size: int = 50,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        super().__init__()
        if not path:
            raise BadInput("data.path: name the texts to train on: data.path=FILE, with a class for each")
        if min(batch_size, min_count, max_words) < 1:
            raise BadInput(
                f"data.batch_size={batch_size}, data.min_count={min_count}, data.max_words={max_words}: each is at "
                "least 1"
            )
        if (not test_path and not 0 <= fold < folds) or folds < 2:
            raise BadInput(f"data.fold={fold}: of data.folds={folds}, at least 2, one from 0 on")
        if not 0 < val_fraction <= 0.5:
            raise BadInput(f"data.val_fraction={val_fraction:g}: above 0 and at most a half")
        if vocabulary not in ("all", "train"):
            raise BadInput(f"data.vocabulary={vocabulary}: there are all and train")
        self.paths = {"train": path, "val": val_path, "test": test_path}
        self._reading: dict[str, Any] = {
            "format": format, "text": text, "label": label, "encoding": encoding, "skip_empty": skip_empty,
        }  # fmt: skip
        self.phrases, self.seed, self.batch_size = phrases, seed, batch_size
        self._labels = {str(name): label for name, label in labels.items()} if labels is not None else None
        self.folds, self.fold, self.val_fraction = folds, fold, val_fraction
        self._vocabulary_of, self.min_count, self.max_words = vocabulary, min_count, max_words
        self.tokenizer = tokenizer

    @cached_property
    def texts(self) -> dict[str, list[LabelledText]]:
        """By split, read on first use.

        Raises:
            BadInput: fewer than two classes, a class that only the held-out texts have, or a part without texts.
        """
        found = {split: self._read(path, split) for split, path in self.paths.items() if path}
        if "test" not in found:
            found["train"], found["test"] = _parted(found["train"], self.folds, self.fold)
        if "val" not in found:
            found["train"], found["val"] = _parted(found["train"], round(1 / self.val_fraction), 0)
        for split, texts in found.items():
            if not texts:
                raise BadInput(f"data.path={self.paths['train']}: too few texts: none is left to {_PURPOSE[split]} on")
        classes = {one.label for one in found["train"]}
        if len(classes) < 2:
            raise BadInput(f"all texts to train on are of one class, {next(iter(classes))!r}: there must be two")
        for split in ("val", "test"):
            if unseen := Counter(one.label for one in found[split] if one.label not in classes):
                raise BadInput(
                    f"{sum(unseen.values())} texts to {_PURPOSE[split]} on are of a class that no text to train on "
                    f"has: {', '.join(unseen)}"
                )
        return found

    def _read(self, path: Any, split: str) -> list[LabelledText]:
        phrases = self.phrases and split == "train"
        texts = read_labelled(path, **self._reading, phrases=phrases)
        if self._labels is None:
            return texts
        if other := next((one for one in texts if one.label not in self._labels), None):
            raise BadInput(
                f"{path}: the class {other.label!r} of {other.text[:40]!r} is not in data.labels: "
                f"{', '.join(self._labels)}"
            )
        named = ((one.text, self._labels[one.label]) for one in texts)
        return [LabelledText(text, str(label)) for text, label in named if label is not None]

    @cached_property
    def classes(self) -> list[str]:
        """The names of all C classes, in the order of the alphabet, numbers by size."""
        names = {one.label for one in self.texts["train"]}
        return sorted(names, key=lambda name: (0, int(name), name) if name.isdecimal() else (1, 0, name))

    @cached_property
    def words(self) -> dict[str, list[list[str]]]:
        """The words of each text, by split.

        Raises:
            BadInput: a text has none, or too many.
        """
        found = {split: [self.split(one.text) for one in texts] for split, texts in self.texts.items()}
        for split, texts in found.items():
            for one, words in zip(self.texts[split], texts, strict=True):
                check_words(words, one.text, self.max_words)
        return found

    def split(self, text: str) -> list[str]:
        """The words of a text."""
        return self.tokenizer(text) if self.tokenizer is not None else text.split()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words that have a number; ``<unk>`` is the others'."""
        splits = self.words if self._vocabulary_of == "all" else ["train"]
        counts = Counter(word for split in splits for words in self.words[split] for word in words)
        return Vocabulary.select(list(counts), np.array(list(counts.values())), self.min_count, unknown=True)

    @property
    def sizes(self) -> dict[str, Any]:
        """``vocabulary_size`` and ``num_classes``."""
        return {"vocabulary_size": len(self.vocabulary), "num_classes": len(self.classes)}

    @property
    def checksum(self) -> str:
        """Fingerprint of all texts and their classes."""
        digest = hashlib.sha256()
        for texts in self.texts.values():
            digest.update(repr([tuple(one) for one in texts]).encode())
        return digest.hexdigest()

    def numbered(self, split: str) -> NumberedTexts:
        """The texts of ``train``, ``val`` or ``test`` as numbers."""
        classes = {name: number for number, name in enumerate(self.classes)}
        return NumberedTexts(
            [numbers_of(words, self.vocabulary.index) for words in self.words[split]],
            [classes[one.label] for one in self.texts[split]],
        )

    def prepare_data(self) -> None:
        """Read all there is, so that what is wrong with it is said before training.

        Raises:
            BadInput: fewer texts than a batch.
        """
        if len(self.texts["train"]) < self.batch_size:
            count = len(self.texts["train"])
            raise BadInput(f"data.batch_size={self.batch_size}: there are only {count} texts to train on")

    def train_dataloader(self) -> TrainLoader:
        """Batches of texts of about equal length, in a new order each epoch."""
        texts = self.numbered("train")
        sampler = LengthBucketSampler(texts.lengths, self.batch_size, self.seed)
        return TrainLoader(texts, sampler=sampler, batch_size=None, generator=torch.Generator())

    def val_dataloader(self) -> DataLoader:
        """The texts to validate on, in order."""
        return self._in_order("val")

    def test_dataloader(self) -> DataLoader:
        """The texts to test on, in order."""
        return self._in_order("test")

    def _in_order(self, split: str) -> DataLoader:
        texts = self.numbered(split)
        return DataLoader(texts, sampler=in_order(len(texts), EVALUATION_TEXTS), batch_size=None)


_PURPOSE = {"train": "train", "val": "validate", "test": "test"}


def _parted(texts: list[LabelledText], parts: int, chosen: int) -> tuple[list[LabelledText], list[LabelledText]]:
    """The texts outside and inside one of so many parts, each of which has its share of every class; in order."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(texts))
    names = np.array([texts[row].label for row in order])
    part = np.empty(len(texts), np.int64)
    part[order[np.argsort(names, kind="stable")]] = np.arange(len(texts)) % parts  # class by class, dealt in turn
    inside = part == chosen
    return ([one for one, held in zip(texts, inside, strict=True) if not held],
            [one for one, held in zip(texts, inside, strict=True) if held])  # fmt: skip
