"""Pixels without a value, such as NaN and nodata: which cells of a map still count. See :class:`~mmdecon.views.View`.

Shapes: B images, C channels of a map, h x w its size in cells.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .views import View

MOSTLY = 0.5  # of a cell's pixels must have a value, for the cell to count


def valid_cells(view: View | None, shape: Sequence[int]) -> Tensor | None:
    """Finds the cells of a view's map that show something: at least half of their pixels have a value.

    Args:
        view: The view that the map belongs to; None for one without such pixels.
        shape: (h, w).

    Returns:
        (B, h, w), bool; None if all pixels have a value because the data has no others.
    """
    if view is None or view.valid is None:
        return None
    if view.valid.shape[1:] == tuple(shape):
        return view.valid
    return F.adaptive_avg_pool2d(view.valid[:, None].float(), (shape[0], shape[1]))[:, 0] >= MOSTLY


def mean_of_valid(maps: Tensor, valid: Tensor | None) -> Tensor:
    """Averages maps over their cells.

    Args:
        maps: (B, C, h, w).
        valid: Which cells count, (B, h, w), bool; None for all.

    Returns:
        (B, C); 0 where no cell counts.

    Examples:
        >>> mean_of_valid(torch.tensor([[[[1., 3., 8.]]]]), torch.tensor([[[True, True, False]]]))
        tensor([[2.]])
    """
    if valid is None:
        return maps.mean(dim=(2, 3))
    counts = valid.sum(dim=(1, 2))[:, None].clamp(min=1)
    return maps.masked_fill(~valid[:, None], 0).sum(dim=(2, 3)) / counts


def shows_something(*views: View | None) -> Tensor | None:
    """Whether any pixel of an image has a value in each of some views, (B,), bool; None if the data has no others."""
    masks = [view.valid.flatten(1).any(dim=1) for view in views if view is not None and view.valid is not None]
    return torch.stack(masks).all(dim=0) if masks else None
