"""Norms and activations of hidden maps, a block of channels after the other.

Shapes: B images, A channels of the input, C of the hidden map, h x w cells.
"""

import threading
import weakref
from collections.abc import Sequence
from typing import NamedTuple, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .products import GPU_BYTES, on_gpu, runs

BLOCK_BYTES = 4 * 2**20  # of channels of a hidden map: what stays in a CPU's cache from a norm to its activation
_shared = threading.local()


class Before(NamedTuple):
    """What a norm is given: a map, or a linear layer's result, which is computed when it is asked for.

    Attributes:
        x: The map, (B, C, h, w); (B, A, h, w) if a layer is given.
        weight: Of the layer, (C, A, 1, 1), or None.
        bias: Of the layer, (C), or None.
        dtype: Of the layer's result; None leaves it to torch's autocast.
    """

    x: Tensor
    weight: Tensor | None = None
    bias: Tensor | None = None
    dtype: torch.dtype | None = None

    def block(self, channels: slice) -> 'Before':
        """The same for some of the C channels."""
        if self.weight is None:
            return self._replace(x=self.x[:, channels])
        return self._replace(weight=self.weight[channels], bias=None if self.bias is None else self.bias[channels])

    def value(self) -> Tensor:
        """(B, C, h, w)."""
        if self.weight is None:
            return self.x
        return F.conv2d(*(part if part is None else part.to(self.dtype or part.dtype) for part in self[:3]))

    def blocks(self) -> list[slice]:
        """Runs of channels."""
        count = self.x.shape[1] if self.weight is None else len(self.weight)
        limit = GPU_BYTES if on_gpu(self.x) else BLOCK_BYTES
        return runs(count, self.x[:, :1].numel() * self.x.element_size(), limit)


def norm_act(
    before: Before,
    norm: _BatchNorm,
    act: nn.Module,
    into: Tensor | None = None,
    memory: Optional['SharedMemory'] = None,
    counts: bool = True,
) -> Tensor:
    """Normalises and activates a map, a block of channels after the other.

    What lies between the two then never leaves a CPU's cache.

    Args:
        before: The map.
        norm: A norm that treats each channel by itself.
        act: The activation, of each value by itself.
        into: A map like the result that may be written to, ``before.x`` itself for one.
        memory: Where the result may lie if ``into`` is None; None for memory of its own.
        counts: Whether the norm's running statistics move.

    Returns:
        The map, (B, C, h, w).
    """
    blocks = before.blocks()
    counts = counts and norm.running_mean is not None
    if counts:
        norm.num_batches_tracked += 1
    for block in blocks:
        running = (norm.running_mean[block], norm.running_var[block]) if counts else (None, None)
        affine = norm.weight[block], norm.bias[block]
        y = act(F.batch_norm(before.block(block).value(), *running, *affine, True, norm.momentum, norm.eps))
        if len(blocks) == 1:
            return y
        if into is None:
            shape = (len(y), len(norm.weight), *y.shape[2:])
            into = y.new_empty(shape) if memory is None else memory.new_empty(y, shape)
        into[:, block] = y
    return into


def norm_act_backward(
    grad: Tensor, before: Before, norm: _BatchNorm, act: nn.Module
) -> tuple[Tensor | None, Tensor | None, Tensor | None, Tensor, Tensor]:
    """Gradients towards the input, the first layer's weight and bias, the norm's gain and its shift.

    Args:
        grad: Towards the activated map, (B, C, h, w). Without a first layer, the gradient towards the input is written
            over it.
        before: What the norm was given.
        norm: The norm.
        act: The activation.
    """
    parts: list[list[Tensor | None]] = []
    towards = None if before.weight is None else torch.zeros_like(before.x)
    for block in before.blocks():
        x, *others = _slopes(grad[:, block], before.block(block), norm, act, block)
        if towards is None:
            grad[:, block] = x
        else:
            towards += x
        parts.append(others)
    joined = [torch.cat(values) if values[0] is not None else None for values in zip(*parts)]
    return (grad if towards is None else towards, *joined)


class SharedMemory:
    """Bytes for maps that are read at once, the same for all that hold one: new ones cost a CPU time.

    They go with the last holder. On a GPU there is nothing to share, as torch keeps what is free.
    """

    def __init__(self) -> None:
        self._bytes: Tensor | None = None

    def new_empty(self, like: Tensor, shape: Sequence[int]) -> Tensor:
        """Memory for a tensor of another's type."""
        if on_gpu(like):
            return like.new_empty(shape)
        size = torch.Size(shape).numel() * like.element_size()
        self._bytes = getattr(_shared, 'memory', lambda: None)()
        if self._bytes is None or len(self._bytes) < size:
            self._bytes = torch.empty(size, dtype=torch.uint8)
            _shared.memory = weakref.ref(self._bytes)
        return self._bytes[:size].view(like.dtype).view(shape)


def _slopes(grad: Tensor, before: Before, norm: _BatchNorm, act: nn.Module, block: slice) -> tuple[Tensor, ...]:
    """Gradients of a block of channels: towards the input, a first layer's weight and bias, the gain and the shift."""
    given = (*before[:3], norm.weight[block], norm.bias[block])
    leaves = [None if part is None else part.detach().requires_grad_() for part in given]
    with torch.enable_grad():
        y = act(F.batch_norm(Before(*leaves[:3], before.dtype).value(), None, None, *leaves[3:], True, 0.0, norm.eps))
    slopes = iter(torch.autograd.grad(y, [leaf for leaf in leaves if leaf is not None], grad))
    return tuple(None if leaf is None else next(slopes) for leaf in leaves)
