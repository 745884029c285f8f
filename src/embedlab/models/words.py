"""Word vectors as a model: a table of inputs, a table of outputs, and what predicts what."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from embedlab.errors import BadInput
from embedlab.kernels.vector_tiles import zeros
from embedlab.models.pretrained import load_vectors
from embedlab.models.word_model import WordModel
from embedlab.text.subwords import Subwords
from embedlab.vectors.subword_vectors import SubwordVectors
from embedlab.vectors.word_vectors import WordVectors

log = logging.getLogger(__name__)


class SkipGram(WordModel):
    """A word and each of its neighbours predict one another (Mikolov et al. 2013a).

    The tables are trained by kernels of their own and not by autograd; they are as wide as the compiled ones need it,
    the columns beyond ``embedding_dim`` being zero.

    Args:
        vocabulary_size: V.
        embedding_dim: D, numbers in a word's vector.
        window: words to each side at most; the actual number is drawn for each word.
        subwords: ``minn``, ``maxn`` and ``bucket`` of :class:`embedlab.text.subwords.Subwords`: words are means of
            their own row and those of their n-grams (fastText, Bojanowski et al. 2017); None: one vector a word.
        vectors: a file of vectors to start from, see :meth:`start_from`; the task does so when training begins.

    Attributes:
        inputs: ``(V, width)``, with subwords ``(V + bucket, width)``; uniform in ±1/(2D) at the start, as in word2vec,
            with subwords in ±1/D, as in fastText.
        outputs: ``(V, width)``, zero at the start.
    """

    name = "skipgram"

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 100,
        window: int = 5,
        subwords: Mapping[str, int] | None = None,
        vectors: str | None = None,
    ) -> None:
        super().__init__()
        if embedding_dim < 1 or window < 1:
            raise BadInput(f"model.embedding_dim={embedding_dim}, model.window={window}: both are at least 1")
        self.vocabulary_size, self.embedding_dim, self.window = vocabulary_size, embedding_dim, window
        self.vectors = vectors
        self.subwords = None if subwords is None else Subwords(vocabulary_size, **subwords)
        if self.subwords is not None and self.subwords.maxn < 1:
            raise BadInput(f"model.subwords.maxn={self.subwords.maxn}: without n-grams write model.subwords=null")
        rows = vocabulary_size if self.subwords is None else self.subwords.rows
        self.inputs = nn.Parameter(torch.from_numpy(zeros(rows, embedding_dim)), requires_grad=False)
        self.outputs = nn.Parameter(torch.from_numpy(zeros(vocabulary_size, embedding_dim)), requires_grad=False)
        most = (0.5 if self.subwords is None else 1) / embedding_dim
        self.inputs[:, :embedding_dim].uniform_(-most, most)

    @property
    def tables(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Inputs and outputs as arrays of the same memory, on the CPU."""
        return self.inputs.numpy(), self.outputs.numpy()

    def start_from(self, path: str, words: Sequence[str], loss: str) -> None:
        """Take over the rows of a file of vectors: of known words, and with subwords of all n-grams.

        New words keep their random rows. A word's outputs are taken too, where the file has them. Where words are
        to have subwords and the file has none, its vectors become the words' own rows, as in fastText.

        Args:
            path: of any format of :mod:`embedlab.vectors.formats`.
            words: V of them.
            loss: ``hs`` for hierarchical softmax, whose outputs are those of nodes and not of words: none are taken.

        Raises:
            BadInput: vectors of another size or of other n-grams; no word is known; what reading the file raises.
        """
        given = load_vectors(path, self.embedding_dim, words)
        known = [(row, given.key_to_index[word]) for row, word in enumerate(words) if word in given.key_to_index]
        rows, theirs = np.array(known).T
        columns, source = slice(self.embedding_dim), given.vectors
        if self.subwords is not None and given.subwords is not None:
            source = given.subwords.words
            self._check_ngrams(path, given.subwords)
            self.inputs[len(words) :, columns] = torch.from_numpy(given.subwords.ngrams).to(self.inputs)
        self.inputs[rows, columns] = torch.from_numpy(source[theirs]).to(self.inputs)
        outputs = None if "hs" in (loss, given.training.get("loss")) else given.outputs
        if outputs is not None:
            self.outputs[rows, columns] = torch.from_numpy(outputs[theirs]).to(self.inputs)
        also = "" if outputs is None else ", with their outputs"
        log.info("%s: vectors of %d of the text's %d words%s", path, len(rows), len(words), also)

    def _check_ngrams(self, path: str, given: SubwordVectors) -> None:
        assert self.subwords is not None
        wanted = {"minn": given.minn, "maxn": given.maxn, "bucket": len(given.ngrams)}
        if wanted != {name: getattr(self.subwords, name) for name in wanted}:
            flags = " ".join(f"model.subwords.{name}={value}" for name, value in wanted.items())
            raise BadInput(f"model.vectors={path}: it has other n-grams than the model; take {flags}")

    def word_vectors(
        self, words: Sequence[str], counts: NDArray[np.int64], training: Mapping[str, Any] | None = None
    ) -> WordVectors:
        """What was learned, by word: a copy, with the outputs.

        Raises:
            BadInput: it holds NaN or infinity.
        """
        tables = (table.detach()[:, : self.embedding_dim].float().cpu() for table in (self.inputs, self.outputs))
        inputs, outputs = (table.numpy().copy() for table in tables)
        of = self.subwords
        parts = None if of is None else SubwordVectors(inputs[: len(words)], inputs[len(words) :], of.minn, of.maxn)
        vectors = inputs if parts is None else parts.of_words(words)
        return WordVectors(words, vectors, counts, parts, outputs, training)


class Cbow(SkipGram):
    """The mean or the sum of a word's neighbours predicts it: a continuous bag of words (Mikolov et al. 2013a).

    Args:
        vocabulary_size: as the others those of :class:`SkipGram`.
        embedding_dim: likewise.
        window: likewise.
        subwords: likewise.
        mean: of the neighbours' vectors; otherwise their sum.
        vectors: likewise.
    """

    cbow = True
    name = "cbow"

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int = 100,
        window: int = 5,
        subwords: Mapping[str, int] | None = None,
        mean: bool = True,
        vectors: str | None = None,
    ) -> None:
        super().__init__(vocabulary_size, embedding_dim, window, subwords, vectors)
        self.mean = mean
