"""Values that libraries keep in another order or shape.

Shapes: C channels of a map before patches merge, M cells of a window.
"""

from math import isqrt

from torch import Tensor

from .table import Turn


def _by_patch(x: Tensor) -> Tensor:
    """(..., C * 2 * 2), channel by channel, rows of a patch before columns -> (..., 2 * 2 * C), columns first."""
    return x.reshape(*x.shape[:-1], -1, 2, 2).transpose(-1, -3).reshape(x.shape)


def _by_channel(x: Tensor) -> Tensor:
    """The way back."""
    return x.reshape(*x.shape[:-1], 2, 2, -1).transpose(-1, -3).reshape(x.shape)


MERGED = Turn(_by_patch, _by_channel)
"""Four neighbours that merge: OpenMMLab's ``Unfold`` lists them for each channel, others list channels for each."""

FLAT_INDEX = Turn(lambda x: x.flatten(), lambda x: x.reshape(isqrt(x.numel()), -1))
"""Which bias a pair of cells of a window has, (M, M), flat in torchvision."""

PER_MAP = Turn(lambda x: x[:, None, None], lambda x: x.flatten())
"""One factor a channel, (C,), which torchvision keeps as (C, 1, 1)."""

BEHIND_EARLY_STAGES = ('norm0.*', 'norm1.*', 'norm2.*')
"""Norms of ConvNeXt and Swin that OpenMMLab's backbones have and classifiers do not."""
