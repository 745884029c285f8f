"""Output layers of taggers: from hidden vectors to the tags of a sentence."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from embedlab.batch import within
from embedlab.errors import BadInput
from embedlab.losses.linear_chain import best_sequence, log_partition, sequence_scores
from embedlab.text.tagged import mark_entities, may_follow


class TagLayer(nn.Module, ABC):
    """Scores of each word's tags, ``e_t = W h_t + b``, and what is made of them.

    Args:
        tags: the names of all K tags.
        hidden_dim: H.
        bio: the tags are of the kind BIO, and a sentence is only given such as go together: ``I-x`` after ``B-x`` or
            ``I-x`` only.

    Raises:
        BadInput: ``bio`` with other tags.
    """

    def __init__(self, tags: Sequence[str], hidden_dim: int, bio: bool = False) -> None:
        super().__init__()
        self.scores = nn.Linear(hidden_dim, len(tags))
        forbidden = torch.zeros(len(tags), len(tags)), torch.zeros(len(tags))
        if bio:
            if not mark_entities(tags) or any(tag[0] in "ES" for tag in tags):
                other = next((tag for tag in tags if tag[:2] not in ("O", "B-", "I-")), tags[0])
                raise BadInput(
                    f"loss.bio=true: for tags O, B-… and I-…, and {other} is none of them; take loss.bio=false"
                )
            allowed = torch.tensor([[may_follow(tag, before) for tag in tags] for before in [*tags, None]])
            penalties = torch.zeros(allowed.shape).masked_fill(~allowed, -torch.inf)
            forbidden = penalties[:-1], penalties[-1]
        self.between: Tensor
        self.first: Tensor
        self.register_buffer("between", forbidden[0], persistent=False)
        self.register_buffer("first", forbidden[1], persistent=False)
        self.bio = bio

    @abstractmethod
    def forward(self, hidden: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """``−ln p`` ``(rows,)`` of each sentence's tags, in nats.

        Args:
            hidden: ``(rows, steps, H)``.
            tags: ``(rows, steps)`` int64, anything beyond the end of a sentence.
            lengths: ``(rows,)`` words of each sentence, at least 1.
        """

    @abstractmethod
    def decode(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """The most probable tags ``(rows, steps)``, with ``bio`` of those allowed; beyond a sentence's end any."""

    def emissions(self, hidden: Tensor) -> Tensor:
        """``e`` ``(rows, steps, K)``, in float32 or better."""
        found: Tensor = self.scores(hidden)
        return found if found.dtype == torch.float64 else found.float()


class TagSoftmax(TagLayer):
    """Each word's tag on its own: ``p(y_t) = softmax(e_t)``."""

    def forward(self, hidden: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """See :meth:`TagLayer.forward`."""
        nats = -self.emissions(hidden).log_softmax(2).gather(2, tags[..., None])[..., 0]
        return nats.masked_fill(~within(lengths, tags.shape[1]), 0).sum(1)

    def decode(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """See :meth:`TagLayer.decode`."""
        emissions = self.emissions(hidden)
        if not self.bio:
            return emissions.argmax(2)
        return best_sequence(emissions, self.between, self.first, torch.zeros_like(self.first), lengths)


class Crf(TagLayer):
    """A linear-chain conditional random field: ``p(y) = exp s(y) / Σ exp s``, ``s`` as in :mod:`.linear_chain`.

    Sources: Lafferty, McCallum, Pereira, "Conditional Random Fields", ICML 2001; on top of a network Collobert et al.
    2011, Huang et al. 2015.

    Args:
        tags: as the others those of :class:`TagLayer`; ``bio`` is about what is decoded, not about what is learned.
        hidden_dim: likewise.
        bio: likewise.
    """

    def __init__(self, tags: Sequence[str], hidden_dim: int, bio: bool = False) -> None:
        super().__init__(tags, hidden_dim, bio)
        self.transitions = nn.Parameter(torch.empty(len(tags), len(tags)).uniform_(-0.1, 0.1))
        self.start = nn.Parameter(torch.empty(len(tags)).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(len(tags)).uniform_(-0.1, 0.1))

    def forward(self, hidden: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """See :meth:`TagLayer.forward`."""
        chain = self.emissions(hidden), self.transitions, self.start, self.end
        return log_partition(*chain, lengths) - sequence_scores(*chain, tags, lengths)

    def decode(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """See :meth:`TagLayer.decode`."""
        transitions, start = self.transitions + self.between, self.start + self.first
        return best_sequence(self.emissions(hidden), transitions, start, self.end, lengths)
