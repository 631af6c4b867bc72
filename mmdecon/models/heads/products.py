"""1 x 1 convolutions in pieces: on CPUs runs of cells as matrix products, elsewhere runs of images as convolutions.

A CPU's convolution copies its map, its result and its weights into layouts of its own, whole; products do not.

Shapes: B images, C channels of the input, D of the output, h x w cells.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

PIECE_BYTES = 16 * 2**20  # on a CPU: small enough to be memory that was just used, large enough to be fast
GPU_BYTES = 256 * 2**20  # on a GPU: enough to be busy with
_ONEDNN = getattr(torch.ops.mkldnn, '_linear_pointwise', None) if torch.backends.mkldnn.is_available() else None


def on_gpu(x: Tensor) -> bool:
    """Whether a tensor lies where torch keeps freed memory and the cache is no matter."""
    return x.device.type != 'cpu'


def runs(count: int, each: int, limit: int) -> list[slice]:
    """Slices of about equal length that cover ``count`` things, of at least one and at most ``limit`` bytes."""
    most = max(1, limit // max(1, each))
    step = -(-count // -(-count // most)) if count else 1
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def product(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b``; on a CPU, in float32, by the library of its convolutions.

    torch's own goes to MKL there, which is as fast on Intel's cores, and half as fast on AMD's.
    """
    if _ONEDNN is None or a.dtype != torch.float32:
        return a @ b
    b = b if b.is_contiguous() or b.t().is_contiguous() else b.contiguous()  # other strides take the slowest way
    return _ONEDNN(a, b.t(), None, 'none', [], '')


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, into: Tensor | None = None) -> Tensor:
    """A 1 x 1 convolution.

    Args:
        x: The map, (B, C, h, w).
        weight: (D, C, 1, 1).
        bias: (D), or None.
        into: A map that may be written to if it has D channels, ``x`` itself for one.

    Returns:
        (B, D, h, w).
    """
    into = into if into is not None and into.shape[1] == len(weight) else None
    if not _by_products(x, weight):
        for images in _images(x):
            into = _place(F.conv2d(x[images], weight, bias), images, len(x), into)
        return into
    into = x.new_empty((len(x), len(weight), *x.shape[2:])) if into is None else into
    for images in _images(x):
        columns, flat = _columns(x[images]), _flat(into[images])
        for cells in _cells(columns):
            y = product(weight.flatten(1), columns[:, cells])
            _write(flat, cells, y if bias is None else y.add_(bias[:, None]))
    return into


def linear_backward(
    grad: Tensor, x: Tensor, weight: Tensor, has_bias: bool, into: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Gradients of :func:`linear` towards its input, weight and bias; the first may be written to a map, even ``x``."""
    grad = grad.contiguous()
    if not _by_products(x, weight) or grad.dtype != x.dtype:
        return _backward_by_convolution(grad, x, weight, has_bias, into)
    into = torch.empty_like(x) if into is None else into
    matrix, of_weight = weight.flatten(1), torch.zeros_like(weight)
    turned = matrix.t().contiguous()
    for images in _images(x):
        g, columns, flat = _columns(grad[images]), _columns(x[images]), _flat(into[images])
        for rows in runs(len(g), matrix[0].numel() * matrix.element_size(), PIECE_BYTES):
            of_weight.flatten(1)[rows] += product(g[rows], columns.t())
        for cells in _cells(columns):
            _write(flat, cells, product(turned, g[:, cells]))
    return into, of_weight, grad.sum((0, 2, 3)) if has_bias else None


def _backward_by_convolution(
    grad: Tensor, x: Tensor, weight: Tensor, has_bias: bool, into: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """:func:`linear_backward` of runs of images."""
    sides = dict(bias_sizes=[len(weight)] if has_bias else None, stride=[1, 1], padding=[0, 0], dilation=[1, 1])
    rest = dict(transposed=False, output_padding=[0, 0], groups=1, output_mask=[True, True, has_bias])
    sums, cast = None, weight.to(grad.dtype)
    for images in _images(x):
        given = grad[images], x[images].to(grad.dtype), cast
        part, *own = torch.ops.aten.convolution_backward(*given, **sides, **rest)
        into = _place(part, images, len(x), into)
        sums = own if sums is None else [a if a is None else a.add_(b) for a, b in zip(sums, own)]
    return into, sums[0].to(weight), sums[1]


def _by_products(x: Tensor, weight: Tensor) -> bool:
    """Half precision is left to the convolution, which knows of autocast."""
    return not on_gpu(x) and x.dtype == weight.dtype and x.dtype in (torch.float32, torch.float64)


def _images(x: Tensor) -> list[slice]:
    """Runs of images."""
    return runs(len(x), x[:1].numel() * x.element_size(), GPU_BYTES if on_gpu(x) else PIECE_BYTES)


def _cells(columns: Tensor) -> list[slice]:
    """Runs of columns."""
    return runs(columns.shape[1], len(columns) * columns.element_size(), PIECE_BYTES)


def _columns(x: Tensor) -> Tensor:
    """(b, C, h, w) -> (C, b * h * w); of a single image the same memory."""
    return x.flatten(2).transpose(0, 1).reshape(x.shape[1], -1)


def _flat(x: Tensor) -> Tensor:
    """(b, C, h, w) -> (C, b, h * w), in the same memory."""
    return x.view(*x.shape[:2], -1).transpose(0, 1)


def _write(flat: Tensor, cells: slice, y: Tensor) -> None:
    """Writes columns to their places in (C, b, cells); several images are written at once."""
    if flat.shape[1] == 1:
        flat[:, 0, cells] = y
    else:
        flat.copy_(y.view(flat.shape))


def _place(part: Tensor, images: slice, count: int, into: Tensor | None) -> Tensor:
    """Puts some images' result to its place among ``count``; the whole is itself the map."""
    if len(part) == count:
        return part
    if into is None or into.dtype != part.dtype:
        into = part.new_empty((count, *part.shape[1:]))
    into[images] = part
    return into
