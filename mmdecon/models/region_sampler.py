"""Drawing regions from a view, on the grid of a map.

Shapes: B images, S planes, H x W the view in pixels, h x w the map in cells, K regions of the image that has most of
them, M drawn regions.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..registry import MODELS
from ..views import RegionSample, View

POOLINGS = ('hard', 'soft')
SMALLEST = 1e-3  # cells: a region with less than that is not in the view


class _Table(NamedTuple):
    """The regions of each image: ``ids`` (B, K), -1 where an image has fewer; ``shares`` (B, K, h, w), 0..1."""

    ids: Tensor
    shares: Tensor


@MODELS.register_module()
class RegionSampler(nn.Module):
    """Draws M regions of each view, with replacement, uniformly among those that own a part of the grid (DetCon).

    Efficient Visual Pretraining with Contrastive Detection, arXiv 2103.10957. ``hard`` gives each cell to the region
    that most of its pixels belong to (the lowest id wins a tie), as the released code does; ``soft`` lets a cell
    belong to regions by their share of its pixels, as the paper's text says.

    Differs from the original:
        Several planes may overlap: each gives its cells away by itself. Pixels without region compete for a cell (and
        lose ties), where the original has a region everywhere. A view without any region gives draws of id -1 that own
        nothing, which objectives give no weight, where the original draws absent ids.

    Args:
        num_regions: M, >= 1.
        pooling: ``hard`` or ``soft``.
    """

    def __init__(self, num_regions: int = 16, pooling: str = 'hard') -> None:
        super().__init__()
        if num_regions < 1:
            raise ValueError(f'RegionSampler.num_regions is {num_regions}: draw at least 1 region of each view')
        if pooling not in POOLINGS:
            raise ValueError(f'RegionSampler.pooling is {pooling!r}; known: {", ".join(POOLINGS)}')
        self.num_regions, self.pooling = num_regions, pooling

    @torch.no_grad()
    def forward(self, view: View, size: tuple[int, int]) -> RegionSample:
        """Draws regions.

        Args:
            view: With regions.
            size: (h, w), at most (H, W).

        Raises:
            ValueError: If the view has no regions, or fewer pixels than the map has cells.
        """
        if view.regions is None:
            raise ValueError(
                'this branch draws regions, but the data has none: put mmdecon.LoadRegions before mmdecon.TwoViews in '
                'train_dataloader.dataset.pipeline'
            )
        table = share_cells(view.regions, size, self.pooling == 'hard')
        present = table.shares.sum(dim=(2, 3)) > SMALLEST  # (B, K)
        has_any = present.any(dim=1, keepdim=True)
        chances = torch.where(has_any, present, torch.ones_like(present)).to(table.shares)
        drawn = torch.multinomial(chances, self.num_regions, replacement=True)  # (B, M)
        ids = table.ids.gather(1, drawn).masked_fill(~has_any, -1)
        shares = table.shares.gather(1, drawn[:, :, None, None].expand(-1, -1, *size))
        return RegionSample(ids, shares * has_any[:, :, None, None])


def share_cells(regions: Tensor, size: tuple[int, int], hard: bool) -> _Table:
    """Finds how much of each cell each region owns.

    Args:
        regions: (B, S, H, W), integer.
        size: (h, w).
        hard: Whether a cell belongs as a whole to one region of each plane.
    """
    if regions.shape[2] < size[0] or regions.shape[3] < size[1]:
        raise ValueError(
            f'regions of {tuple(regions.shape[2:])} pixels cannot be pooled to a map of {tuple(size)} cells: the level '
            'is finer than the view'
        )
    planes = regions.flatten(2)  # (B, S, H*W)
    ids, which = _number(planes)
    cell, pixels = _cells((regions.shape[2], regions.shape[3]), size, regions.device)
    total = torch.zeros((), device=regions.device)
    for plane, number in zip(planes.unbind(1), which.unbind(1)):
        counts = _count(number, plane >= 0, cell, ids.shape[1], len(pixels))
        total = total + (_winners(counts, pixels) if hard else counts / pixels)
    return _Table(ids, total.unflatten(2, size))


def _number(planes: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers the ids of each image 0...K-1, in their order: the ids (B, K), and each pixel's number (B, S, H*W)."""
    images = torch.arange(len(planes), device=planes.device)
    span = int(planes.max()) + 2
    keys, inverse = torch.unique(planes.long() + 1 + images[:, None, None] * span, return_inverse=True)  # 0: none
    owner, ids = keys // span, keys % span - 1
    rank = torch.arange(len(keys), device=keys.device) - torch.searchsorted(owner, images)[owner]
    table = ids.new_full((len(planes), int(rank.max()) + 1), -1)
    table[owner, rank] = ids
    return table, rank[inverse]


def _cells(pixels: tuple[int, int], size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """The cell of each pixel, (H*W,), and the pixels of each cell, (h*w,)."""
    rows, columns = (torch.arange(n, device=device) * m // n for n, m in zip(pixels, size))
    cell = (rows[:, None] * size[1] + columns).flatten()
    return cell, torch.bincount(cell, minlength=size[0] * size[1]).float()


def _count(number: Tensor, is_region: Tensor, cell: Tensor, regions: int, cells: int) -> Tensor:
    """Pixels of each region in each cell, (B, K, h*w), from each pixel's number (B, H*W)."""
    counts = torch.zeros(len(number), regions * cells, device=number.device)
    return counts.scatter_add_(1, number * cells + cell, is_region.float()).unflatten(1, (regions, cells))


def _winners(counts: Tensor, pixels: Tensor) -> Tensor:
    """One-hot (B, K, h*w): the region with most pixels of a cell; none where pixels without region are more."""
    most, winner = counts.max(dim=1)  # the first of equals, hence the lowest id
    nobody = pixels - counts.sum(dim=1)
    return F.one_hot(winner, counts.shape[1]).movedim(2, 1) * (most >= nobody)[:, None].float()
