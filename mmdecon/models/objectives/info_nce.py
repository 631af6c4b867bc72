"""InfoNCE without all logits at once: what its objectives share.

The loss of a query is ``log_sum_exp(its logits) - the positive's logit``. The sum is over very many keys, so its logits
are computed for a part of the queries at a time, in one and the same memory.

Shapes: N queries, A keys, D channels, P queries of a part.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...precision import upcast

PAIRS_AT_ONCE = 2**25
"""Pairs of a query and a key whose logits are computed at once: 128 MiB in float32."""

Allowed = Callable[[slice], Tensor]


def check_pairs_at_once(owner: object, pairs_at_once: int) -> int:
    """Returns ``pairs_at_once``, the argument of ``owner``.

    Raises:
        ValueError: If it is below 1.
    """
    if pairs_at_once < 1:
        raise ValueError(f'{type(owner).__name__}: pairs_at_once={pairs_at_once} must be at least 1')
    return pairs_at_once


def log_sum_exp(
    queries: Tensor, keys: Tensor, pairs_at_once: int = PAIRS_AT_ONCE, allowed: Allowed | None = None
) -> Tensor:
    """The logarithm of ``sum(exp(query . key))`` over the keys, for each query, in full precision also under autocast.

    Memory for N x A logits is never taken, neither here nor in the backward pass: the gradient to the queries, a mean
    of keys, is found on the way, and only a gradient to the keys computes the logits a second time. The keys may be
    written to before the backward pass if they need no gradient. There is no second derivative.

    Args:
        queries: (N, D), divided by the temperature.
        keys: (A, D), A >= 1.
        pairs_at_once: Most logits computed at once, >= 1; one query's are never parted.
        allowed: Which keys count for some of the queries: (P, A), bool, of a slice of N. None for all.

    Returns:
        (N,). A query without any allowed key has the lowest finite number, and no gradient.
    """
    sums: Tensor = _LogSumExp.apply(upcast(queries), upcast(keys), pairs_at_once, allowed)  # type: ignore[no-untyped-call]
    return sums


def paired(queries: Tensor, keys: Tensor) -> Tensor:
    """The product of each query with the key of the same row, (N, D) each, in full precision: (N,)."""
    return (upcast(queries) * upcast(keys)).sum(dim=1)


class _LogSumExp(torch.autograd.Function):
    """Sums by parts of the queries; saves no logits."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, pairs_at_once: int, allowed: Allowed | None) -> Tensor:
        sums, means = queries.new_empty(len(queries)), torch.empty_like(queries)
        with torch.autocast(queries.device.type, enabled=False):
            for rows, logits in _parts(queries, keys, pairs_at_once, allowed):
                largest = logits.amax(dim=1, keepdim=True)
                total = logits.sub_(largest).exp_().sum(dim=1, keepdim=True)
                sums[rows] = (largest + total.log())[:, 0]
                means[rows] = (logits @ keys) / total  # of the keys, weighted by their shares: the gradient
        ctx.parts = pairs_at_once, allowed
        ctx.save_for_backward(sums, means, *((queries, keys) if ctx.needs_input_grad[1] else ()))
        return sums

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        sums, means, *inputs = ctx.saved_tensors
        gradient = gradient.masked_fill(sums == torch.finfo(sums.dtype).min, 0)[:, None]
        to_keys = _to_keys(inputs[0], inputs[1], sums, gradient, *ctx.parts) if inputs else None
        return gradient * means, to_keys, None, None


def _to_keys(
    queries: Tensor, keys: Tensor, sums: Tensor, gradient: Tensor, pairs_at_once: int, allowed: Allowed | None
) -> Tensor:
    """The gradient to the keys, (A, D), from that of the sums, (N, 1)."""
    to_keys = torch.zeros_like(keys)
    with torch.autocast(queries.device.type, enabled=False):
        for rows, logits in _parts(queries, keys, pairs_at_once, allowed):
            shares = logits.sub_(sums[rows, None]).exp_()
            to_keys.addmm_(shares.T, gradient[rows] * queries[rows])
    return to_keys


def _parts(
    queries: Tensor, keys: Tensor, pairs_at_once: int, allowed: Allowed | None
) -> Iterator[tuple[slice, Tensor]]:
    """Parts of the queries, and their logits (P, A), each written over the last."""
    count = min(max(1, pairs_at_once // len(keys)), len(queries))
    memory = queries.new_empty(count, len(keys))
    for start in range(0, len(queries), max(1, count)):
        rows = slice(start, start + count)
        logits = torch.mm(queries[rows], keys.T, out=memory[: len(queries[rows])])
        if allowed is not None:
            logits.masked_fill_(~allowed(rows), torch.finfo(logits.dtype).min)
        yield rows, logits
