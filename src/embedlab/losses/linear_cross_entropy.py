"""The full softmax and its gradients a chunk at a time, the gradient taken as soon as the loss is known."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from embedlab.kernels.exponentials import exponentials_

CHUNK = 1 << 22  # logits at a time: 16 MB in float32


def linear_cross_entropy(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, half_gradients: bool = False
) -> Tensor:
    """``cross_entropy(hidden @ weight.T + bias, targets)``, the mean over rows.

    The gradient is ``softmax − onehot`` times hidden vectors and weights. A chunk of the softmax is turned into its
    share of both while it is at hand, so that memory is ``n·H + V·H``, and not ``n·V``. It is never normalised: with
    exponentials E and their sums Σ, ``softmax = diag(1/Σ) · E``, and the diagonal goes to the small factor of each
    product, as ``Eᵀ · (diag(1/Σ) · hidden)``. The onehot part is added by rows.

    Args:
        hidden: ``(n, H)``, at least one row.
        weight: ``(V, H)``.
        bias: ``(V,)``.
        targets: ``(n,)`` int64 below V.
        half_gradients: E and its factors in both products are rounded to bfloat16; sums over the vocabulary and over
            rows stay in float32, and the onehot part and the loss are not touched. Under autocast it is so anyway.
    """
    found: Tensor = _LinearCrossEntropy.apply(hidden, weight, bias, targets, torch.is_grad_enabled(), half_gradients)
    return found


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, train: bool, half_gradients: bool
    ) -> Tensor:
        device = hidden.device.type
        autocast = torch.is_autocast_enabled(device)
        kind = torch.get_autocast_dtype(device) if autocast else hidden.dtype
        factors = torch.bfloat16 if half_gradients and kind == torch.float32 else kind
        with torch.autocast(device, enabled=False):
            total, gradients = _loss_and_gradients(
                hidden, weight, bias, targets, kind, factors, train and any(ctx.needs_input_grad[:3])
            )
        ctx.save_for_backward(*gradients)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        return (*(saved * gradient.to(saved.dtype) for saved in ctx.saved_tensors), None, None, None)


def _loss_and_gradients(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    kind: torch.dtype,
    factors: torch.dtype,
    train: bool,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The mean loss and, to train, its gradients by the first three; logits and products are of the types given."""
    matrix, offset, small = weight.to(kind), bias.to(kind), weight.to(factors)
    total = at_least_float32(hidden.new_zeros(()))
    of_hidden, of_weight, of_bias = (torch.empty_like(one, dtype=total.dtype) for one in (hidden, weight, bias))
    rows, share = chunk_rows(weight), 1 / len(hidden)
    for first in range(0, len(hidden), rows):
        part, chosen = hidden[first : first + rows], targets[first : first + rows]
        logits = at_least_float32(functional.linear(part.to(kind), matrix, offset))
        highest = logits.amax(1, keepdim=True)
        total += (highest - logits.gather(1, chosen[:, None])).sum()
        exponentials, sums = logits, exponentials_(logits, highest)
        total += sums.log().sum()
        if not train:
            continue
        part, scale, fresh = at_least_float32(part), share / sums, float(first > 0)
        torch.addmv(of_bias, exponentials.t(), scale[:, 0], beta=fresh, out=of_bias)
        exponentials = exponentials.to(factors)
        torch.mul(exponentials @ small, scale, out=of_hidden[first : first + rows])
        of_hidden[first : first + rows].sub_(functional.embedding(chosen, weight), alpha=share)
        scaled = (part * scale).to(factors)
        if factors == total.dtype:
            torch.addmm(of_weight, exponentials.t(), scaled, beta=fresh, out=of_weight)
        elif first:
            of_weight += exponentials.t() @ scaled
        else:
            of_weight.copy_(exponentials.t() @ scaled)
        of_weight.index_add_(0, chosen, part, alpha=-share)
        of_bias.index_add_(0, chosen, torch.ones_like(sums[:, 0]), alpha=-share)
    if not train:
        return total * share, ()
    kinds = (hidden.dtype, weight.dtype, bias.dtype)
    return total * share, tuple(one.to(of) for one, of in zip((of_hidden, of_weight, of_bias), kinds, strict=True))


def chunk_rows(weight: Tensor) -> int:
    """So many rows of logits are a chunk."""
    return max(CHUNK // len(weight), 1)


def at_least_float32(values: Tensor) -> Tensor:
    """Values of half precision in float32, others as they are."""
    return values if values.dtype == torch.float64 else values.float()
