"""Reading a fine map at fewer positions, before a head projects them.

Shapes: B images, C channels, h x w cells of a map, g x g positions at most.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from ..registry import MODELS
from ..resample import resample
from ..valid_cells import valid_cells
from ..views import WHOLLY, View, place_within, shared_area

AREAS = ('view', 'overlap')


@MODELS.register_module()
class PositionSampler(nn.Module):
    """Lays a grid of at most g x g positions into each view; a branch then works on what its map has there.

    The cost of a branch is its projector's, at every cell of a map: at a level of 56 x 56 cells, 14 x 14 positions cost
    a sixteenth. Features are interpolated before the projector (as in PointRend, arXiv 1912.08193), and the branch's
    views get the boxes that the grids stand for: all geometry (shared areas, cells that are near) stays exact. A map
    that has no more than g cells a side is left whole, so that a grid as fine as the map is the exact mode.

    Both halves of a branch read the same positions of a view.

    Args:
        grid: g, >= 2.
        area: Where the grid of a view lies. ``view``: over the view; objectives that compare places interpolate
            between its positions. ``overlap``: over the area that it shares with the view that it is paired with, so
            that the positions of both are the same places; views that share nothing keep a grid over the view.
        jitter: Whether each grid is shifted at random, by up to half the distance of its positions, at each pass and
            for each image, both views' alike where they share places. Without it, the same cells are read at all times.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(self, grid: int = 14, area: str = 'view', jitter: bool = True) -> None:
        super().__init__()
        if grid < 2:
            raise ValueError(f'PositionSampler.grid={grid}: give the most positions a side, 2 or more')
        if area not in AREAS:
            raise ValueError(f'PositionSampler.area is {area!r}; known: {", ".join(AREAS)}')
        self.grid, self.area, self.jitter = grid, area, jitter

    def size(self, cells: Sequence[int]) -> tuple[int, int]:
        """Positions read of a map of (h, w) cells, (r, s)."""
        return min(cells[0], self.grid), min(cells[1], self.grid)

    @torch.no_grad()
    def forward(
        self, views: Sequence[View], partners: Mapping[int, set[int]], cells: Mapping[int, Sequence[int]]
    ) -> list[View]:
        """Lays the grids.

        Args:
            views: All views.
            partners: Number of each view that is read -> numbers of those that it is paired with.
            cells: Number of each view that is read -> (h, w) of its map.

        Returns:
            The views, those whose map is read at fewer positions with the boxes that their grids stand for, in pixels
            of the source image, and with what is ``valid`` at these positions.
        """
        laid, shifts = list(views), {}
        for i, others in partners.items():
            if self.size(cells[i]) == tuple(cells[i]):
                continue
            box = self._area(views[i], [views[j] for j in others])
            place = min({i, *others}) if self.area == 'overlap' else i
            if place not in shifts:
                shifts[place] = self._shift(box, self.size(cells[i]))
            laid[i] = views[i]._replace(box=box + (shifts[place] * (box[:, 2:] - box[:, :2])).repeat(1, 2))
            valid = valid_cells(views[i], cells[i])
            if valid is not None:
                shares = self.read(valid[:, None].float(), views[i], laid[i])
                laid[i] = laid[i]._replace(valid=shares[:, 0] >= WHOLLY)
        return laid

    def read(self, feature: Tensor, view: View, laid: View) -> Tensor:
        """What a map has at the positions of a view's grid.

        Args:
            feature: (B, C, h, w).
            view: The view that it is of.
            laid: The same with the box of its grid.

        Returns:
            (B, C, r, s), in the map's precision; the map itself where it is left whole.
        """
        size = self.size(feature.shape[2:])
        if size == tuple(feature.shape[2:]):
            return feature
        unmirrored = torch.zeros_like(view.flipped)
        return resample(feature, place_within(view, laid.box), size, unmirrored).to(feature.dtype)

    def _area(self, view: View, others: Iterable[View]) -> Tensor:
        """The box of the source image that the grid of a view lies in, (B, 4)."""
        box = view.box
        if self.area == 'overlap':
            for other in others:
                shared, valid = shared_area(box, other.box)
                box = torch.where(valid[:, None], shared, box)
        return box

    def _shift(self, box: Tensor, size: tuple[int, int]) -> Tensor:
        """By how much of its width and height each grid is shifted, (B, 2)."""
        if not self.jitter:
            return box.new_zeros(len(box), 2)
        return (torch.rand(len(box), 2, device=box.device) - 0.5).to(box) / box.new_tensor([size[1], size[0]])


def partners(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """Which other views each view is paired with, in whichever order.

    Examples:
        >>> partners([(0, 1), (1, 0)])
        {0: {1}, 1: {0}}
    """
    found: dict[int, set[int]] = {}
    for i, j in pairs:
        found.setdefault(i, set()).update({j} - {i})
        found.setdefault(j, set()).update({i} - {j})
    return dict(sorted(found.items()))
