"""Cross-batch memory: embeddings of past batches as further candidates."""

import torch
from torch import Tensor, nn

from embedlab.batch import EmbeddingBatch


class CrossBatchMemory(nn.Module):
    """The last ``size`` embeddings and their labels, in a ring; all of its state is buffers, so in every checkpoint.

    In a training step: ``loss(memory.batch(embeddings, labels))``, then ``memory.extend(embeddings, labels)``, so that
    no anchor meets itself in the memory. With several ranks, hand in what was gathered from all of them.

    Source: Wang, Zhang, Huang, Scott, "Cross-Batch Memory for Embedding Learning", CVPR 2020.

    Args:
        size: embeddings held; the oldest are overwritten.
        embedding_dim: D.
        start_step: training steps before the memory takes part; embeddings drift fast at first. It fills meanwhile.
    """

    queue: Tensor
    labels: Tensor
    extended: Tensor
    steps: Tensor

    def __init__(self, size: int, embedding_dim: int, start_step: int = 0) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"memory.size={size}: a memory holds at least one embedding")
        if start_step < 0:
            raise ValueError(f"memory.start_step={start_step}: a step is not below zero")
        self.size, self.start_step = size, start_step
        self.register_buffer("queue", torch.zeros(size, embedding_dim))
        self.register_buffer("labels", torch.zeros(size, dtype=torch.long))
        self.register_buffer("extended", torch.tensor(0))  # embeddings ever taken in; the pointer is its remainder
        self.register_buffer("steps", torch.tensor(0))

    def __len__(self) -> int:
        """Embeddings held now."""
        return min(int(self.extended), self.size)

    def batch(self, embeddings: Tensor, labels: Tensor) -> EmbeddingBatch:
        """Anchors ``(A, D)`` against themselves followed by the memory, which gets no gradient."""
        held = len(self)
        if held == 0 or self.steps < self.start_step:
            return EmbeddingBatch(embeddings, labels)
        candidates = torch.cat([embeddings, self.queue[:held].to(embeddings.dtype)])
        return EmbeddingBatch(embeddings, labels, candidates, torch.cat([labels, self.labels[:held]]), offset=0)

    @torch.no_grad()
    def extend(self, embeddings: Tensor, labels: Tensor) -> None:
        """Take in a batch ``(A, D)``, ``(A,)``; of one larger than the memory only its end."""
        newest = embeddings[-self.size :]
        at = self.extended + len(embeddings) - len(newest) + torch.arange(len(newest), device=self.queue.device)
        self.queue[at % self.size] = newest.to(self.queue.dtype)
        self.labels[at % self.size] = labels[-self.size :]
        self.extended += len(embeddings)
        self.steps += 1
