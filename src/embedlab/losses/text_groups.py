"""Words and what stands in their windows, found for a whole block of text by tensor operations, on any device."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

GROUP = 32  # words that follow one another and are trained by matrix products of their own


class TextGroups(NamedTuple):
    """Groups of G words that follow one another, and the places around them, ``L = G + 2 · window``.

    Attributes:
        words: ``(S, G)`` the words of each group; what fills up the last one has empty windows.
        around: ``(S, L)`` the words from ``window`` places before a group to ``window`` behind it.
        windows: ``(S, G, L)`` bool, which of the places around are in each word's window.
    """

    words: Tensor
    around: Tensor
    windows: Tensor


def text_groups(
    ids: Tensor, offsets: Tensor, keep: Tensor, window: int, generator: torch.Generator, size: int = GROUP
) -> TextGroups:
    """A block of text, thinned, with a window drawn for each word, as :mod:`embedlab.kernels.word_random` has them.

    On a GPU it waits once for the device, to learn how many words are left.

    Args:
        ids: int64 ``(n,)``, the text.
        offsets: int64 ``(sentences + 1,)``, where each sentence starts; the first at 0, the last is n.
        keep: int64 ``(V,)``: a word is kept if 32 random bits are at most its threshold.
        window: words to each side at most; each number is as likely as any other.
        generator: of the tensors' device.
        size: G.
    """
    device = ids.device
    kept = torch.randint(0, 2**32, ids.shape, generator=generator, device=device) <= keep[ids]
    places = torch.arange(len(ids), device=device)
    sentences = torch.bucketize(places, offsets[1:-1], right=True)[kept]
    words = ids[kept]
    groups = max(-(-len(words) // size), 1)
    padding = (window, window + groups * size - len(words))
    around = F.pad(words, padding).unfold(0, size + 2 * window, size)
    sentence = F.pad(sentences, padding, value=-1).unfold(0, size + 2 * window, size)
    own = sentence[:, window : window + size, None]
    radius = torch.randint(1, window + 1, (groups, size, 1), generator=generator, device=device)
    distance = torch.arange(size, device=device)[:, None] + window - torch.arange(size + 2 * window, device=device)
    windows = (distance.abs() <= radius) & (distance != 0) & (sentence[:, None] == own) & (own >= 0)
    return TextGroups(around[:, window : window + size], around, windows)
