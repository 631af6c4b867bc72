"""What lies between two linear layers, as one step that keeps a single map, or none.

Shapes: B images, A channels of the input, C of the hidden map, D of the output, h x w cells.
"""

from typing import Any

import torch
from mmengine import dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

from ..norm import SyncBN
from .blocks import Before, SharedMemory, norm_act, norm_act_backward
from .products import linear, linear_backward


def is_by_channel(norm: nn.Module) -> bool:
    """Whether a norm treats each channel by itself, with the statistics of this process's batch."""
    if not isinstance(norm, _BatchNorm) or not norm.training or not norm.affine or norm.momentum is None:
        return False
    return not isinstance(norm, (SyncBN, nn.SyncBatchNorm)) or dist.get_world_size() == 1


def hidden_layer(
    x: Tensor, first: nn.Module | None, norm: _BatchNorm, act: nn.Module, last: nn.Module, passes: bool = False
) -> Tensor:
    """``last(act(norm(first(x))))``, of which the backward pass computes ``act(...)`` again.

    Numbers are those of the modules. Without gradients, as teachers run, ``x`` is written over if ``first`` is None.

    Args:
        x: The map, (B, A, h, w); under autocast, and without ``first``, in the type that a linear layer gives there.
        first: A 1 x 1 convolution from A to C channels, cheap beside ``last`` as it runs three times; None if A is C.
        norm: A norm of which :func:`is_by_channel` holds.
        act: The activation, of each value by itself.
        last: A 1 x 1 convolution from C to D channels.
        passes: Whether the result only goes to another hidden layer: without gradients, it may then lie in memory that
            others write to.

    Returns:
        (B, D, h, w).
    """
    before = (None, None) if first is None else (first.weight, first.bias)
    if not torch.is_grad_enabled():
        hidden = norm_act(Before(x, *before), norm, act, into=x if first is None else None, memory=SharedMemory())
        return linear(hidden, last.weight, last.bias, into=hidden if passes else None)
    return HiddenLayer.apply(x, *before, norm.weight, norm.bias, last.weight, last.bias, norm, act)


class HiddenLayer(torch.autograd.Function):
    """The autograd function of :func:`hidden_layer`, which keeps ``x`` and parameters alone."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        first_weight: Tensor | None,
        first_bias: Tensor | None,
        gain: Tensor,
        shift: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        norm: _BatchNorm,
        act: nn.Module,
    ) -> Tensor:
        """Maps (B, A, h, w) to (B, D, h, w)."""
        ctx.save_for_backward(x, first_weight, first_bias, weight, gain, shift)  # torch sees if they are written to
        ctx.parts, ctx.has_bias, ctx.memory = (norm, act), bias is not None, SharedMemory()
        hidden = norm_act(Before(x, first_weight, first_bias), norm, act, memory=ctx.memory)
        ctx.dtype = hidden.dtype
        return linear(hidden, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        """Gradients towards what ``forward`` takes."""
        *given, weight, _, _ = ctx.saved_tensors
        before, memory = Before(*given, ctx.dtype), SharedMemory()
        hidden = norm_act(before, *ctx.parts, memory=memory, counts=False)
        into = None if before.weight is None else hidden  # which nobody else gets to see
        towards, *of_last = linear_backward(grad, hidden, weight, ctx.has_bias, into)
        ctx.memory = hidden = None
        return (*norm_act_backward(towards, before, *ctx.parts), *of_last, None, None)
