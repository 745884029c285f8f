"""Several ranks that compute what one rank with the whole batch would: ``gather`` with gradient, and who is who.

Every rank embeds its share of the batch, gathers the embeddings and labels of all ranks, and computes the same loss
L(E) of all embeddings ``E = [E_1; …; E_N]``. For weights θ of the model, one rank with the whole batch has
``dL/dθ = Σ_r dL/dE_r · dE_r/dθ``. Here

- every rank finds the same ``dL/dE``; the backward of ``gather`` adds them up over ranks and hands rank r its slice,
  ``N · dL/dE_r``;
- rank r so has the gradient ``N · dL/dE_r · dE_r/dθ``, and DDP's mean over ranks is ``Σ_r dL/dE_r · dE_r/dθ``: equal;
- weights of the loss itself have the same ``dL/dW`` on every rank, and so has their mean.

This holds for every loss and miner whatever their form, as long as all ranks compute the same: what draws random
numbers after the gathering (a random miner) needs the same seed on every rank. Batch normalisation in the model is a
matter of its own (``SyncBatchNorm``).
"""

from typing import Any, TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

from embedlab.errors import BadInput

T = TypeVar("T")


def world_size() -> int:
    """Number of ranks; 1 without a process group."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """This process's number, from 0; 0 without a process group."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def check_world_size(before: int) -> None:
    """Raises BadInput: a run whose steps are shared by ranks goes on with more or fewer of them."""
    if before != (now := world_size()):
        raise BadInput(f"ranks: {before} when the run began, {now} now; a run goes on with as many as it began with")


def gather(x: Tensor) -> Tensor:
    """``x`` ``(B, …)`` of all ranks in the order of ranks, ``(N·B, …)``, with gradient; ``x`` itself for one rank.

    All ranks give tensors of the same shape and type.
    """
    return x if world_size() == 1 else _Gather.apply(x)


def gather_dealt(x: Tensor) -> Tensor:
    """``x`` ``(B, …)`` of all ranks, a row of each in turn, ``(N·B, …)``: rows that were dealt to ranks, in order."""
    return gather(x).unflatten(0, (world_size(), len(x))).transpose(0, 1).flatten(0, 1)


def gather_objects(x: T) -> list[T]:
    """``x`` of all ranks, in the order of ranks, on rank 0; nothing on the others."""
    if world_size() == 1:
        return [x]
    found: list[Any] = [None] * world_size() if rank() == 0 else []
    dist.gather_object(x, found or None)
    return found


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        gathered = x.new_empty(world_size() * len(x), *x.shape[1:])
        dist.all_gather_into_tensor(gathered, x.contiguous())
        return gathered

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        total = grad.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total.tensor_split(world_size())[rank()]
