"""What losses and miners are handed, :class:`EmbeddingBatch`, and what miners hand on; and batches of text."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from embedlab.distances import Distance, get_distance

if TYPE_CHECKING:
    from embedlab.text.lexicon import Lexicon  # its room brings compiled kernels: seconds to import


class Pairs(NamedTuple):
    """Index tensors of mined pairs: rows of anchors, and the candidates they are paired with."""

    positive_anchor: Tensor  # (P,)
    positive: Tensor  # (P,)
    negative_anchor: Tensor  # (N,)
    negative: Tensor  # (N,)


class Triplets(NamedTuple):
    """Index tensors of mined triplets, ``(T,)`` each; positives and negatives index the candidates."""

    anchor: Tensor
    positive: Tensor
    negative: Tensor


Mined = Pairs | Triplets


class TextBlock(NamedTuple):
    """Sentences, or tokens, ``first`` to ``last``, without the latter, and the seed of what chance decides in them."""

    first: int
    last: int
    seed: int


class TokenWindow(NamedTuple):
    """Steps of rows of text, for models that predict the next token.

    Attributes:
        inputs: ``(rows, steps)`` int64.
        targets: ``(rows, steps)``, the token after each.
        first: whether each row begins here; otherwise it goes on from the window before.
    """

    inputs: Tensor
    targets: Tensor
    first: bool


class SentenceBatch(NamedTuple):
    """Sentences beside each other, for taggers; each distinct word of them stands here once, and is found by its place.

    Attributes:
        forms: the distinct words as they are written, U of them.
        words: ``(U,)`` their numbers.
        characters: ``(U, letters)`` the numbers of their characters; beyond a word's own anything may stand.
        spelled: ``(U,)`` how many characters each has, at least 1.
        places: ``(rows, steps)`` which of the words stands where; beyond the end of a sentence anything.
        lengths: ``(rows,)`` words of each sentence, at least 1.
        tags: ``(rows, steps)`` the numbers of their tags, as far as they are known; elsewhere 0.
    """

    forms: Sequence[str]
    words: Tensor
    characters: Tensor
    spelled: Tensor
    places: Tensor
    lengths: Tensor
    tags: Tensor

    @classmethod
    def of(
        cls, lexicon: "Lexicon", sentences: Sequence[Sequence[str]], tags: Sequence[Sequence[str]] = ()
    ) -> "SentenceBatch":
        """Of sentences of at least one word each, with their tags if these are to be learned."""
        order = {form: place for place, form in enumerate(dict.fromkeys(chain.from_iterable(sentences)))}
        spellings = [lexicon.spelling(form) for form in order]
        steps = [[order[form] for form in sentence] for sentence in sentences]
        known = [[lexicon.tag_numbers.get(tag, 0) for tag in of_sentence] for of_sentence in tags]
        places = _padded(steps)
        return cls(
            forms=tuple(order),
            words=torch.tensor([lexicon.word(form) for form in order]),
            characters=_padded(spellings),
            spelled=torch.tensor([len(spelling) for spelling in spellings]),
            places=places,
            lengths=torch.tensor([len(step) for step in steps]),
            tags=_padded(known) if known else torch.zeros_like(places),
        )


class TextBatch(NamedTuple):
    """Texts beside each other, with the class of each.

    Attributes:
        tokens: ``(rows, steps)`` int64, the numbers of their words; beyond the end of a text 0.
        lengths: ``(rows,)`` words of each text, at least 1.
        labels: ``(rows,)`` the numbers of their classes, where these are known; else 0.
    """

    tokens: Tensor
    lengths: Tensor
    labels: Tensor

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]], labels: Sequence[int] = ()) -> "TextBatch":
        """Of the numbers of words of texts of at least one word each, with their classes if these are to be learned."""
        lengths = torch.tensor([len(text) for text in texts])
        return cls(_padded(texts), lengths, torch.tensor(labels) if labels else torch.zeros_like(lengths))


def within(lengths: Tensor, steps: int) -> Tensor:
    """Which of the steps of each row, ``(rows, steps)``, come before its end: ``lengths`` ``(rows,)``."""
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def _padded(rows: Sequence[Sequence[int]]) -> Tensor:
    width = max(map(len, rows))
    return torch.tensor([[*row, *(0,) * (width - len(row))] for row in rows])


class EmbeddingBatch:
    """Anchors, the candidates they are compared with, and their distances, computed once on first use.

    - one tower: candidates are the anchors themselves (the default);
    - two towers: candidates are the other tower's output (``offset=None``: no candidate *is* an anchor);
    - several ranks: anchors and candidates are gathered from all ranks with gradient;
    - a memory of past batches: candidates are the anchors followed by the memory.

    Args:
        embeddings: anchors ``(A, D)``.
        labels: their classes ``(A,)``.
        candidates: ``(C, D)``; the anchors when left out.
        candidate_labels: ``(C,)``.
        offset: anchor ``i`` is candidate ``offset + i`` and never its own positive; None if no anchor is a candidate.
    """

    def __init__(
        self,
        embeddings: Tensor,
        labels: Tensor,
        candidates: Tensor | None = None,
        candidate_labels: Tensor | None = None,
        offset: int | None = 0,
    ) -> None:
        if (candidates is None) != (candidate_labels is None):
            raise ValueError("candidates and candidate_labels come together")
        if embeddings.ndim != 2 or labels.shape != embeddings.shape[:1]:
            raise ValueError(
                "embeddings are (batch, dim) and labels (batch,); "
                f"got {tuple(embeddings.shape)} and {tuple(labels.shape)}"
            )
        self.embeddings = embeddings
        self.labels = labels
        self.candidates = embeddings if candidates is None else candidates
        self.candidate_labels = labels if candidate_labels is None else candidate_labels
        self.offset = offset
        self._distances: dict[Distance, Tensor] = {}

    def __len__(self) -> int:
        return len(self.embeddings)

    @property
    def one_tower(self) -> bool:
        """True when the candidates are the anchors and nothing else."""
        return self.candidates is self.embeddings

    def distances(self, distance: str | Distance) -> Tensor:
        """The ``(A, C)`` matrix of that distance; each kind is computed once."""
        function = get_distance(distance)
        if function not in self._distances:
            with torch.enable_grad():  # a miner, who needs no gradient, may ask first; the loss gets the same matrix
                self._distances[function] = function(self.embeddings, self.candidates)
        return self._distances[function]

    @cached_property
    def _same(self) -> Tensor:
        return self.labels[:, None] == self.candidate_labels[None, :]

    @cached_property
    def positives(self) -> Tensor:
        """Mask ``(A, C)``: same label, and not the anchor itself."""
        if self.offset is None:
            return self._same
        mask = self._same.clone()
        mask.diagonal(self.offset).zero_()
        return mask

    @cached_property
    def negatives(self) -> Tensor:
        """Mask ``(A, C)``: another label."""
        return ~self._same

    def masks(self, mined: Mined | None = None) -> tuple[Tensor, Tensor]:
        """Positive and negative masks ``(A, C)``: all there are, or those of the mined pairs or triplets."""
        if mined is None:
            return self.positives, self.negatives
        pairs = as_pairs(mined)
        positives, negatives = torch.zeros_like(self._same), torch.zeros_like(self._same)
        positives[pairs.positive_anchor, pairs.positive] = True
        negatives[pairs.negative_anchor, pairs.negative] = True
        return positives, negatives


def as_pairs(mined: Mined) -> Pairs:
    """The (anchor, positive) and (anchor, negative) pairs of triplets; pairs as they are."""
    if isinstance(mined, Pairs):
        return mined
    return Pairs(mined.anchor, mined.positive, mined.anchor, mined.negative)


def columns_of(mask: Tensor) -> tuple[Tensor, Tensor]:
    """The columns set in each row of a mask, as a rectangle as wide as the fullest row (at least one).

    Args:
        mask: ``(A, C)`` bool, C ≥ 1.

    Returns:
        Columns ``(A, K)`` and which of them are real ``(A, K)`` bool; the others fill up shorter rows.
    """
    if mask.numel() == 0:
        empty = torch.zeros(len(mask), 0, dtype=torch.long, device=mask.device)
        return empty, empty.bool()
    real, columns = mask.float().topk(max(int(mask.sum(1).max()), 1), dim=1)
    return columns, real.bool()
