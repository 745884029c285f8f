"""Word vectors trained by matrix products over many words at once, in plain PyTorch: on a GPU, or without a compiler.

The text is cut into groups of words that follow one another. Around a group stand G + 2 · window places, and which
place is in the window of which word is a matrix of zeros and ones. So a group's pairs are one product of its words'
outputs with the inputs at all places; against negatives that the group shares, a place needs its products but once,
however many windows it is in. Several groups are a step together, whose gradients are all those before the step;
:mod:`embedlab.losses.row_steps` says what becomes of rows that come up more than once.

Nothing here waits for the device, but at the beginning and the end of a block of text.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from embedlab.losses.row_steps import RowSteps
from embedlab.losses.text_groups import GROUP, text_groups

if TYPE_CHECKING:
    from embedlab.losses.words import WordWindows

SHARED = 8  # times as many negatives as each word is to have are drawn for a group, each with an eighth of the weight
REPEATS = 4.0  # of a word in one step
MOST_GROUPS = 256  # of one step: 8192 words
MOST_LOGITS = 2**24  # of the full softmax that are in memory at a time: 64 MB


class Objective(ABC):
    """How hidden vectors predict words."""

    @abstractmethod
    def draw(self, groups: int, generator: torch.Generator) -> Tensor:
        """What chance decides for so many groups, ``(groups, any)``."""

    @abstractmethod
    def step(
        self, hidden: Tensor, words: Tensor, weights: Tensor, drawn: Tensor, outputs: RowSteps, rate: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Change the outputs by a step of gradient descent, and give what the hidden vectors are to change by.

        Args:
            hidden: ``(S, R, D)`` of S groups.
            words: ``(S, G)`` to be predicted.
            weights: ``(S, G, R)`` how often each word is to be predicted by each hidden vector.
            drawn: of :meth:`draw`, ``(S, any)``.
            outputs: the table of outputs.
            rate: learning rate.

        Returns:
            The change ``(S, R, D)``; how much the loss bends at most, ``(S, R)``; the loss before the step, in nats.
        """


class SharedNegatives(Objective):
    """``−log σ(x·o_w) − Σ_k log σ(−x·o_k)``; a group shares more negatives than k, each with less weight.

    A negative that is the word to be predicted counts nothing for it.

    Args:
        noise: of :func:`embedlab.kernels.word_random.alias_table`.
        negatives: k, for each word.
        device: where to train.
    """

    def __init__(self, noise: NDArray[np.int32], negatives: int, device: torch.device) -> None:
        self.noise, self.negatives = torch.from_numpy(noise).to(device), negatives

    def draw(self, groups: int, generator: torch.Generator) -> Tensor:
        """The negatives of each group."""
        shape, device = (groups, SHARED * self.negatives), self.noise.device
        cells = torch.randint(len(self.noise), shape, generator=generator, device=device)
        own = torch.randint(2**16, shape, generator=generator, device=device) < self.noise[cells, 0]
        return torch.where(own, cells, self.noise[cells, 1].long())

    def step(
        self, hidden: Tensor, words: Tensor, weights: Tensor, drawn: Tensor, outputs: RowSteps, rate: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See :meth:`Objective.step`."""
        positive, negative = outputs.table[words], outputs.table[drawn]
        right = torch.bmm(positive, hidden.mT).float()  # (S, G, R)
        wrong = torch.bmm(hidden, negative.mT).float()  # (S, R, N)
        others = (words[:, :, None] != drawn[:, None]).float()
        against = torch.bmm(weights.mT, others).float() / SHARED
        loss = (weights * F.softplus(-right)).sum() + (against * F.softplus(wrong)).sum()
        towards = (rate * weights * torch.sigmoid(-right)).to(hidden.dtype)
        away = (-rate * against * torch.sigmoid(wrong)).to(hidden.dtype)
        change = torch.bmm(towards.mT, positive) + torch.bmm(away, negative)
        steps = torch.cat([torch.bmm(towards, hidden), torch.bmm(away.mT, hidden)], 1)
        # −log σ bends by σ · (1 − σ) ≤ 1/4.
        x, o, n = (_squares(vectors) / 4 for vectors in (hidden, positive, negative))
        bend = torch.cat([torch.bmm(weights, x), torch.bmm(against.mT, x)], 1)
        outputs.add(torch.cat([words, drawn], 1).flatten(), steps.flatten(0, 1), bend.flatten().float(), rate)
        return change, (torch.bmm(weights.mT, o) + torch.bmm(against, n))[:, :, 0], loss


class WholeVocabulary(Objective):
    """``−log softmax(x·O)_w`` over all words; each hidden vector needs its logits but once."""

    def draw(self, groups: int, generator: torch.Generator) -> Tensor:
        """Nothing."""
        return torch.empty(groups, 0, device=generator.device)

    def step(
        self, hidden: Tensor, words: Tensor, weights: Tensor, drawn: Tensor, outputs: RowSteps, rate: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See :meth:`Objective.step`."""
        table = outputs.table
        positive = table[words]
        right = torch.bmm(positive, hidden.mT).float()
        loss = -(weights * right).sum()
        steps = torch.zeros(table.shape, dtype=torch.float32, device=table.device)
        bend = torch.zeros(len(table), dtype=torch.float32, device=table.device)
        changes, bends, squares = [], [], _squares(table)
        rows = max(MOST_LOGITS // len(table), 1)
        for x, often in zip(hidden.flatten(0, 1).split(rows), weights.sum(1).flatten().split(rows), strict=True):
            logits = (x @ table.T).float()
            total = logits.logsumexp(1, keepdim=True)
            loss += (often * total[:, 0]).sum()
            share = often[:, None] * (logits - total).exp()
            bends.append((share @ squares).float())  # of p against the other words, p · (1 − p) at most
            bend += (share.T @ _squares(x))[:, 0]
            share = share.to(x.dtype)
            changes.append(share @ table)
            steps -= share.T @ x
        given = weights.to(hidden.dtype)
        change = torch.bmm(given.mT, positive) - torch.cat(changes).view_as(hidden)
        steps.index_add_(0, words.flatten(), torch.bmm(given, hidden).flatten(0, 1).float())
        outputs.add(torch.arange(len(table), device=table.device), rate * steps, bend, rate)
        return rate * change, torch.cat(bends).view(hidden.shape[:2]), loss


def _squares(vectors: Tensor) -> Tensor:
    """Squared lengths ``(…, 1)`` of vectors ``(…, D)``."""
    return vectors.float().square().sum(-1, keepdim=True)


class BatchedKernel:
    """A kernel as :meth:`embedlab.losses.words.WordLoss.kernel` gives it, of tensors instead of arrays.

    How many groups are a step follows from the text: so many that a word comes up :data:`REPEATS` times in it, in the
    mean over the words of the text, frequent ones more often.

    Args:
        windows: words, and what predicts what in their windows; without subwords.
        objective: what is learned.
        device: where to train.
    """

    def __init__(self, windows: "WordWindows", objective: Objective, device: torch.device) -> None:
        self.windows, self.objective, self.device = windows, objective, device
        self.keep = torch.from_numpy(windows.keep.astype(np.int64)).to(device)
        left = windows.counts * (windows.keep.astype(np.float64) + 1) / 2**32
        different = left.sum() ** 2 / (left**2).sum()  # words, if all were alike
        self.groups = min(max(round(REPEATS * different / GROUP), 1), MOST_GROUPS)

    def __call__(
        self,
        inputs: Tensor,
        outputs: Tensor,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        first: int,
        last: int,
        rate_begin: float,
        rate_end: float,
        seed: np.uint64,
    ) -> tuple[int, float]:
        """Train both tables in place on sentences ``first`` to ``last``; examples, and their summed loss in nats."""
        generator = torch.Generator(self.device).manual_seed(int(seed) >> 1)
        bounds = np.asarray(offsets[first : last + 1])
        text = torch.from_numpy(ids[bounds[0] : bounds[-1]].astype(np.int64)).to(self.device)
        sentences = torch.from_numpy(bounds - bounds[0]).to(self.device)
        groups = text_groups(text, sentences, self.keep, self.windows.window, generator)
        drawn = self.objective.draw(len(groups.words), generator)
        tables = RowSteps(inputs, generator), RowSteps(outputs, generator)
        losses = []
        for start in range(0, len(drawn), self.groups):
            rate = rate_begin + (rate_end - rate_begin) * start / len(drawn)
            words, around, windows = (part[start : start + self.groups] for part in groups)
            losses.append(self._step(*tables, words, around, windows.float(), drawn[start : start + self.groups], rate))
        examples = groups.windows.any(2).sum() if self.windows.cbow else groups.windows.sum()
        return int(examples), float(torch.stack(losses).cpu().double().sum())

    def _step(
        self, inputs: RowSteps, outputs: RowSteps, words: Tensor, around: Tensor, windows: Tensor, drawn: Tensor,
        rate: float,
    ) -> Tensor:  # fmt: skip
        hidden, weights = inputs.table[around], windows
        if self.windows.cbow:
            neighbours = windows.sum(2, keepdim=True)
            shares = windows / neighbours.clamp(min=1) if self.windows.mean else windows
            hidden = torch.bmm(shares.to(hidden.dtype), hidden)
            weights = torch.diag_embed((neighbours[:, :, 0] > 0).float())
        change, bend, loss = self.objective.step(hidden, words, weights, drawn, outputs, rate)
        if self.windows.cbow:  # in full, also to those whose mean it was: see embedlab.kernels.cbow
            change = torch.bmm(windows.mT.to(change.dtype), change)
            bend = torch.bmm(windows.mT, bend[:, :, None]).float()
        inputs.add(around.flatten(), change.flatten(0, 1), bend.flatten(), rate)
        return loss
