"""Reading maps inside boxes.

Shapes: B images, C channels, h x w cells of a map, r x s cells read.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .precision import upcast


def centres(start: Tensor, end: Tensor, cells: int) -> Tensor:
    """Centres of ``cells`` equal bins from ``start`` to ``end`` (either order), (B, cells), in the unit of the ends."""
    steps = (torch.arange(cells, dtype=start.dtype, device=start.device) + 0.5) / cells
    return start[:, None] + (end - start)[:, None] * steps


def resample(maps: Tensor, box: Tensor, size: Sequence[int], mirrored: Tensor) -> Tensor:
    """Reads maps at the centres of a grid laid into a box, by bilinear interpolation.

    This is what an aligned RoI-align with one sample a cell gives. Positions outside a map read its border.

    Args:
        maps: (B, C, h, w).
        box: Where to read, in fractions of the map's width and height, (B, 4).
        size: (r, s).
        mirrored: Whether the grid's columns run from right to left, (B,), bool.

    Returns:
        (B, C, r, s), at least float32: coordinates need more than 8 or 11 bits.

    Examples:
        >>> maps, whole = torch.arange(4.0).view(1, 1, 1, 4), torch.tensor([[0.0, 0.0, 1.0, 1.0]])
        >>> resample(maps, whole, (1, 2), torch.tensor([True]))
        tensor([[[[2.5000, 0.5000]]]])
    """
    maps = upcast(maps)
    left, top, right, bottom = box.to(maps.dtype).unbind(dim=1)
    x = centres(torch.where(mirrored, right, left), torch.where(mirrored, left, right), size[1])
    y = centres(top, bottom, size[0])
    grid = torch.stack([x[:, None, :].expand(-1, size[0], -1), y[:, :, None].expand(-1, -1, size[1])], dim=3)
    # (B, r, s, 2) in -1..1, the convention of grid_sample
    return F.grid_sample(maps, grid * 2 - 1, mode='bilinear', padding_mode='border', align_corners=False)
