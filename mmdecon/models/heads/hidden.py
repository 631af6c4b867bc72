"""A batch norm, an activation and the linear layer after them as one step that keeps a single map.

Letters: B images, C channels, D channels of the output, h x w cells.
"""

import threading
import weakref
from typing import Any, Iterator, Optional, Tuple

import torch
import torch.nn.functional as F
from mmengine import dist
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

from ..norm import SyncBN

BLOCK_BYTES = 4 * 2**20  # of a map: what stays in a CPU's cache from the norm to the activation
_shared = threading.local()


def is_by_channel(norm: nn.Module) -> bool:
    """Whether a norm treats each channel by itself, with the statistics of this process's batch."""
    if not isinstance(norm, _BatchNorm) or not norm.training or not norm.affine or norm.momentum is None:
        return False
    return not isinstance(norm, (SyncBN, nn.SyncBatchNorm)) or dist.get_world_size() == 1


def on_gpu(x: Tensor) -> bool:
    """Whether torch keeps freed memory where a tensor lies, and the cache is no matter."""
    return x.is_cuda


def norm_act(x: Tensor, norm: _BatchNorm, act: nn.Module, into: Optional[Tensor] = None, counts: bool = True) -> Tensor:
    """Normalises and activates a map; into given memory, a block of channels after the other.

    What lies between the two then never leaves a CPU's cache, and no map is asked of the system for it.

    Args:
        x: The map, (B, C, h, w).
        norm: A norm of which :func:`is_by_channel` holds.
        act: The activation, of each value by itself.
        into: What to write to, like ``x``, or ``x`` itself; None for a new map.
        counts: Whether the norm's running statistics move.

    Returns:
        ``into``, or the new map.
    """
    counts = counts and norm.running_mean is not None
    if counts:
        norm.num_batches_tracked += 1
    if into is None:
        return _norm_act(x, norm, act, slice(None), counts)
    for block in _blocks(x):
        into[:, block] = _norm_act(x, norm, act, block, counts)
    return into


class NormActLinear(torch.autograd.Function):
    """``linear(act(norm(x)))`` that keeps ``x`` alone; the backward pass normalises and activates again.

    Numbers are those of the three modules. On CPUs the gradient towards ``x`` is written over the one that the linear
    layer hands back. Call as ``NormActLinear.apply(x, norm.weight, norm.bias, linear.weight, linear.bias, norm, act)``,
    with a norm of which :func:`is_by_channel` holds and a 1 x 1 convolution.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, shift: Tensor, weight: Tensor, bias: Any, *parts: Any) -> Tensor:
        """Maps (B, C, h, w) to (B, D, h, w)."""
        ctx.save_for_backward(x, weight, gain, shift)  # the last two so that torch sees it if they are written to
        ctx.parts, ctx.has_bias, ctx.memory = parts, bias is not None, _memory_for(x)
        return F.conv2d(norm_act(x, *parts, into=_like(x, ctx.memory)), weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> Tuple[Any, ...]:
        """Gradients towards what ``forward`` takes."""
        x, weight, *_ = ctx.saved_tensors
        ctx.memory = _memory_for(x)
        hidden = norm_act(x, *ctx.parts, into=_like(x, ctx.memory), counts=False)
        sides = dict(bias_sizes=[len(weight)] if ctx.has_bias else None, stride=[1, 1], padding=[0, 0], dilation=[1, 1])
        rest = dict(transposed=False, output_padding=[0, 0], groups=1, output_mask=[True, True, ctx.has_bias])
        towards, of_weight, of_bias = torch.ops.aten.convolution_backward(
            grad, hidden.to(grad.dtype), weight.to(grad.dtype), **sides, **rest
        )
        ctx.memory = hidden = None
        return _through_norm_act(towards, x, *ctx.parts) + (of_weight.to(weight), of_bias, None, None)


def _norm_act(x: Tensor, norm: _BatchNorm, act: nn.Module, block: slice, counts: bool) -> Tensor:
    """Normalises and activates some channels."""
    running = (norm.running_mean[block], norm.running_var[block]) if counts else (None, None)
    return act(F.batch_norm(x[:, block], *running, norm.weight[block], norm.bias[block], True, norm.momentum, norm.eps))


def _through_norm_act(grad: Tensor, x: Tensor, norm: _BatchNorm, act: nn.Module) -> Tuple[Tensor, Tensor, Tensor]:
    """Gradients towards a map, the norm's gain and its shift; the first in the memory of ``grad``, on CPUs."""
    if on_gpu(x):
        return _slopes(grad, x, norm, act, slice(None))
    of_gain, of_shift = torch.empty_like(norm.weight), torch.empty_like(norm.bias)
    for block in _blocks(x):
        grad[:, block], of_gain[block], of_shift[block] = _slopes(grad, x, norm, act, block)
    return grad, of_gain, of_shift


def _slopes(grad: Tensor, x: Tensor, norm: _BatchNorm, act: nn.Module, block: slice) -> Tuple[Tensor, ...]:
    """Gradients towards some channels of a map, of the norm's gain and of its shift."""
    inputs = [part.detach().requires_grad_() for part in (x[:, block], norm.weight[block], norm.bias[block])]
    with torch.enable_grad():
        y = act(F.batch_norm(inputs[0], None, None, *inputs[1:], True, 0.0, norm.eps))
    return torch.autograd.grad(y, inputs, grad[:, block])


def _blocks(x: Tensor) -> Iterator[slice]:
    """Runs of channels of a few megabytes."""
    channels = x.shape[1]
    step = max(1, BLOCK_BYTES * channels // max(1, x.numel() * x.element_size()))
    return (slice(start, min(start + step, channels)) for start in range(0, channels, step))


def _memory_for(x: Tensor) -> Optional[Tensor]:
    """Bytes for a map that is read at once, shared by all that waits for its backward pass: new ones cost a CPU time.

    None on GPUs, where torch keeps what is free.
    """
    if on_gpu(x):
        return None
    size, memory = x.numel() * x.element_size(), getattr(_shared, 'memory', lambda: None)()
    if memory is None or len(memory) < size:
        memory = torch.empty(size, dtype=torch.uint8)
        _shared.memory = weakref.ref(memory)
    return memory


def _like(x: Tensor, memory: Optional[Tensor]) -> Optional[Tensor]:
    """Bytes as a map like another."""
    return None if memory is None else memory[: x.numel() * x.element_size()].view(x.dtype).view(x.shape)
