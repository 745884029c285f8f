"""What word vectors are trained to do: which kernel trains them. These see windows of text, no batch of embeddings."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from embedlab.errors import BadInput
from embedlab.kernels.adagram import train_adagram
from embedlab.kernels.cbow import train_cbow
from embedlab.kernels.cooccurrence import Cells
from embedlab.kernels.fasttext import train_fasttext_cbow, train_fasttext_skip_gram
from embedlab.kernels.hierarchical_softmax import path_targets, train_cbow_on_paths, train_skip_gram_on_paths
from embedlab.kernels.skip_gram import train_skip_gram
from embedlab.kernels.word_random import alias_table
from embedlab.losses.batched_words import BatchedKernel, Objective, SharedNegatives
from embedlab.text.huffman import HuffmanTree

Kernel = Callable[..., tuple[int, float]]


@dataclass(frozen=True)
class WordWindows:
    """What an objective meets: words, and what predicts what in their windows.

    Attributes:
        counts: ``(V,)`` occurrences of each word in the text.
        keep: of :func:`embedlab.kernels.word_random.keep_thresholds`.
        window: words to each side at most.
        cbow: the window predicts its word, by one example a word; otherwise word and neighbour, by one example a pair.
        mean: of CBOW: the window is the mean of its vectors; otherwise their sum.
        subwords: rows ``(all,)`` and bounds ``(V + 1,)`` of each word's subwords; None: each word has one vector.
        cooccurrence: counts, of the same text and window, how often words stand near each other (or 1/distance, if it
            is called with True).
        alpha: of the prior over the senses of a word (AdaGram), whose counts are a third table; None: each has one.
    """

    counts: NDArray[np.int64]
    keep: NDArray[np.uint32]
    window: int
    cbow: bool = False
    mean: bool = True
    subwords: tuple[NDArray[np.int32], NDArray[np.int64]] | None = None
    cooccurrence: Callable[[bool], Cells] | None = None
    alpha: float | None = None

    @property
    def cells(self) -> Callable[[bool], Cells]:
        """``cooccurrence``, which there is of the whole text only.

        Raises:
            BadInput: frequent words are to be thinned.
        """
        if (self.keep < np.iinfo(np.uint32).max).any() or self.cooccurrence is None:
            raise BadInput("task.subsample: co-occurrences are counted in the whole text; take task.subsample=0")
        return self.cooccurrence


class WordLoss(ABC):
    """An objective of word vectors; its table of outputs has a row for each word.

    Attributes:
        compiled: whether there are compiled kernels for it; otherwise PyTorch trains it on the CPU, too.
    """

    compiled: ClassVar[bool] = True

    @property
    @abstractmethod
    def training(self) -> Mapping[str, Any]:
        """What exported vectors say of it, in the terms of :mod:`embedlab.vectors.formats.fasttext`."""

    @abstractmethod
    def kernel(self, windows: WordWindows) -> Kernel:
        """``kernel(*tables, ids, offsets, first, last, rate_begin=…, rate_end=…, seed=…)``.

        It trains the model's tables in place on sentences ``first`` to ``last``, and gives the number of examples and
        their summed loss.

        Raises:
            BadInput: there is none for this objective with such windows.
        """

    def batched(self, windows: WordWindows, device: torch.device) -> Kernel:
        """A kernel in plain PyTorch; its tables are tensors of that device.

        Raises:
            BadInput: there is none for this objective with such windows.
        """
        if windows.subwords is not None:
            raise BadInput("model.subwords: only compiled kernels train them; take trainer=cpu task.kernel=compiled")
        return BatchedKernel(windows, self.objective(windows, device), device)

    def objective(self, windows: WordWindows, device: torch.device) -> Objective:
        """What :meth:`batched` trains.

        Raises:
            BadInput: there is none.
        """
        raise BadInput(f"loss={type(self).__name__}: only compiled kernels train it; take trainer=cpu task.kernel=null")


@dataclass(frozen=True)
class NegativeSampling(WordLoss):
    """``−log σ(x·o_w) − Σ_k log σ(−x·o_k)``, k words drawn from ``counts^power`` (Mikolov et al. 2013b).

    Args:
        negatives: words drawn for each example.
        power: 1 draws words as often as they occur, 0 all alike.
        shared: of skip-gram: all neighbours of a word have the same negatives, which is several times as fast and
            learns as well; otherwise each pair has its own, as in word2vec. CBOW has one example a word anyway; in
            PyTorch several words share theirs.
    """

    negatives: int = 5
    power: float = 0.75
    shared: bool = True

    def __post_init__(self) -> None:
        if self.negatives < 1:
            raise BadInput(f"loss.negatives={self.negatives}: at least one is needed to learn from")

    @property
    def training(self) -> Mapping[str, Any]:
        """Its name and number of negatives."""
        return {"loss": "ns", "negatives": self.negatives}

    def kernel(self, windows: WordWindows) -> Kernel:
        """See :meth:`WordLoss.kernel`."""
        of: dict[str, Any] = {"window": windows.window, "negatives": self.negatives, "keep": windows.keep}
        of["noise"] = alias_table(windows.counts, self.power)
        if windows.subwords is not None:
            if self.shared and not windows.cbow:
                raise BadInput("loss.shared=true: of subwords each pair has its own negatives; take loss.shared=false")
            if not windows.mean:
                raise BadInput("model.mean=false: vectors of subwords are means; take model.mean=true")
            train = train_fasttext_cbow if windows.cbow else train_fasttext_skip_gram
            rows, bounds = windows.subwords
            return partial(train, **of, subwords=rows, subword_offsets=bounds)
        if windows.cbow:
            return partial(train_cbow, **of, mean=windows.mean)
        return partial(train_skip_gram, **of, negatives_shared=self.shared)

    def objective(self, windows: WordWindows, device: torch.device) -> Objective:
        """See :meth:`WordLoss.objective`."""
        if not self.shared and not windows.cbow:
            raise BadInput("loss.shared=false: in PyTorch words share their negatives; take loss.shared=true")
        return SharedNegatives(alias_table(windows.counts, self.power), self.negatives, device)


@dataclass(frozen=True)
class HierarchicalSoftmax(WordLoss):
    """``−Σ_n log σ(±x·o_n)`` over the nodes on a word's path in a Huffman tree (Morin & Bengio 2005).

    Of words with senses (AdaGram) the mean over the senses, by the probability of each in the window.
    """

    @property
    def training(self) -> Mapping[str, Any]:
        """Its name."""
        return {"loss": "hs"}

    def kernel(self, windows: WordWindows) -> Kernel:
        """See :meth:`WordLoss.kernel`."""
        if windows.subwords is not None:
            raise BadInput("loss=hierarchical_softmax: not with model.subwords; take loss=negative_sampling")
        tree = HuffmanTree.of(windows.counts)
        of: dict[str, Any] = {"window": windows.window, "keep": windows.keep, "path_offsets": tree.bounds}
        of["paths"] = path_targets(tree.points, tree.codes)
        if windows.alpha is not None:
            return partial(train_adagram, **of, counts=windows.counts, alpha=windows.alpha)
        return (
            partial(train_cbow_on_paths, **of, mean=windows.mean)
            if windows.cbow
            else partial(train_skip_gram_on_paths, **of)
        )
