"""What takes norms of whole parameters or gradients, where each process holds a shard of each."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from mmengine import dist
from mmpretrain.engine.optimizers import LARS
from torch import Tensor


class ShardedLARS(LARS):
    """mmpretrain's ``LARS``, with the norms of whole matrices (arXiv 1708.03888, algorithm 1).

    Each process sums the squares of its shards, all processes sum these, and mmpretrain's class does the rest.
    :class:`~mmdecon.sharding.ShardedStrategy` takes it in the place of ``LARS``. In one process it is ``LARS``.

    Its arguments are those of ``LARS``; every process gives as many parameters, in one order.
    """

    param_groups: list[dict[str, Any]]

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Tensor | None:
        """Takes one step.

        Args:
            closure: Computes the loss again, if given.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        whole, self.param_groups = self.param_groups, self._single_groups()
        try:
            super().step()
        finally:
            self.param_groups = whole
        return loss

    def _single_groups(self) -> list[dict[str, Any]]:
        """A group for each parameter with a gradient, with its own rate."""
        adapted = [(group, p) for group in self.param_groups for p in group['params'] if not _excluded(group)]
        rates = {p: rate for (_, p), rate in zip(adapted, self._rates(adapted))}
        return [
            dict(group, params=[p], lr=group['lr'] * rates.get(p, 1.0), lars_exclude=True)
            for group in self.param_groups
            for p in group['params']
            if p.grad is not None
        ]

    def _rates(self, adapted: list[tuple[dict[str, Any], Tensor]]) -> list[float]:
        """The factor of each parameter's learning rate, by the norms of the whole parameter and its gradient."""
        if not adapted:
            return []
        squares = torch.stack([square for _, p in adapted for square in (_square(p), _square(_gradient(p)))])
        dist.all_reduce(squares)
        norms = squares.sqrt().view(-1, 2).tolist()
        return [self._rate(group, *pair) for (group, _), pair in zip(adapted, norms)]

    def _rate(self, group: dict[str, Any], weight: float, gradient: float) -> float:
        """Trust ratio of one parameter; 1 where a norm is 0."""
        if weight == 0 or gradient == 0:
            return 1.0
        return group['eta'] * weight / (gradient + group['weight_decay'] * weight + self.eps)


def _excluded(group: dict[str, Any]) -> bool:
    return group.get('lars_exclude', False)


def _gradient(p: Tensor) -> Tensor:
    """Its gradient; that of a parameter of which this process has no number is None."""
    return p.new_empty(0) if p.grad is None else p.grad


def _square(x: Tensor) -> Tensor:
    """The squared norm of this process's part, so precise that its root is the norm again."""
    return torch.norm(x).double().square()


@torch.no_grad()
def clip_sharded_norm_(parameters: Sequence[Tensor], max_norm: float, norm_type: float = 2.0) -> Tensor:
    """Scales gradients down as ``torch.nn.utils.clip_grad_norm_`` does, by the norm over all processes' shards.

    Every process must call it, with at least one gradient.

    Args:
        parameters: Those that have gradients in this process.
        max_norm: The largest norm that is left alone, > 0.
        norm_type: p of the norm; ``inf`` for the largest magnitude.

    Returns:
        The norm before, a scalar.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    total = torch.linalg.vector_norm(
        torch.stack([torch.linalg.vector_norm(g, norm_type) for g in gradients]), norm_type
    )
    if math.isinf(norm_type):
        dist.all_reduce(total, op='max')
    else:
        total = total.pow(norm_type)
        dist.all_reduce(total)
        total = total.pow(1 / norm_type)
    torch._foreach_mul_(gradients, (max_norm / (total + 1e-6)).clamp(max=1))
    return total
