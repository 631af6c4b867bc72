"""What objectives do across processes; with one process, all of it is local."""

from typing import Any

import torch
from mmengine import dist
from torch import Tensor


def gather(rows: Tensor) -> Tensor:
    """Joins the rows of all processes, in the order of their ranks; no gradient flows back.

    Args:
        rows: (N, ...), N equal on all processes.

    Returns:
        (world size * N, ...).
    """
    return torch.cat(dist.all_gather(rows.detach().contiguous()))


def gather_with_grad(rows: Tensor) -> Tensor:
    """Joins the rows of all processes like :func:`gather`; gradients flow back to the process that owns a row.

    What the losses of all processes send to a row is summed. Data-parallel training then averages over processes, which
    makes the gradient that of the mean of all losses.

    Args:
        rows: (N, ...), N equal on all processes.

    Returns:
        (world size * N, ...).
    """
    return _GatherWithGrad.apply(rows)


class _GatherWithGrad(torch.autograd.Function):
    """All-gather forwards; backwards the sum over processes, cut to the own rows."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.count = len(rows)
        return gather(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor]:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        start = dist.get_rank() * ctx.count
        return (total[start : start + ctx.count],)


def average(value: Tensor) -> Tensor:
    """The mean of ``value`` over the processes; no gradient flows back."""
    value = value.detach().clone()
    dist.all_reduce(value, op='mean')
    return value


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """A weighted mean over the rows of all processes, as each process must return it.

    Data-parallel training averages gradients over processes, so each divides its own weighted sum by the *average*
    weight of a process: the average of the results is then the mean over all rows, however unevenly these are spread.

    Args:
        values: (N,); N may differ between processes.
        weights: (N,), >= 0.

    Returns:
        A scalar; 0, still connected to ``values``, where all weights of all processes are 0.

    Examples:
        >>> weighted_mean(torch.tensor([1., 3., 9.]), torch.tensor([1., 1., 0.]))
        tensor(2.)
    """
    weights = weights.to(values.dtype)
    total = average(weights.sum())
    return (values * weights).sum() / torch.where(total > 0, total, torch.ones_like(total))
