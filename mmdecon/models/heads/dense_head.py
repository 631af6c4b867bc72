"""DenseCL's head: one vector for a whole map, and one for each of its cells.

Shapes: B images, C channels of the level, D channels of the projection, h x w cells of the level, g x g cells
compared.
"""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from ...registry import MODELS
from ...valid_cells import mean_of_valid, valid_cells
from ...views import View
from .base import Head
from .mlp import RELU, Config, PointwiseMLP


class DenseEmbedding(NamedTuple):
    """A map as a whole and by its cells; nothing is normalised.

    Attributes:
        vector: The projection of the map's mean, (B, D).
        dense: The projections of the cells, (B, D, g, g).
        feature: The cells before projection, by which they are matched, (B, C, g, g).
        valid: Which cells count, (B, g, g), bool; None for all. ``vector`` is 0 where none does.
    """

    vector: Tensor
    dense: Tensor
    feature: Tensor
    valid: Tensor | None = None


@MODELS.register_module()
class DenseHead(Head):
    """Two projectors side by side, of the mean and of the cells (DenseCL, arXiv 2011.09157, section 3.2).

    Weights start as torch's own layers do.

    Differs from the original:
        With ``grid``, the features by which cells are matched are averaged as those that are projected are, so that
        both have the same cells; mmpretrain's ``num_grid`` averages the latter alone.

    Args:
        in_channels: Channels of the level.
        hidden_channels: Channels inside each projector.
        out_channels: D.
        num_layers: Layers of each projector.
        grid: Most cells a side that are compared, >= 1: larger maps are averaged down to it. None compares all. The
            cost of matching grows with the square of the cells, the time for the logits with cells times queue.
        norm_cfg: Norm in the projectors; None for none.
        act_cfg: Activation in the projectors.
        recompute: Whether the backward pass computes norms and activations again; see :class:`PointwiseMLP`.

    Raises:
        ValueError: If ``grid`` is below 1.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int = 2048,
        out_channels: int = 128,
        num_layers: int = 2,
        grid: int | None = None,
        norm_cfg: Config | None = None,
        act_cfg: Config = RELU,
        recompute: bool = False,
    ) -> None:
        super().__init__()
        if grid is not None and grid < 1:
            raise ValueError(f'DenseHead.grid={grid}: give the most cells a side to compare, 1 or more; None for all')
        layout = (in_channels, hidden_channels, out_channels, num_layers, norm_cfg, act_cfg)
        self.vector = PointwiseMLP(*layout, init_cfg=None)
        self.dense = PointwiseMLP(*layout, init_cfg=None, recompute=recompute)
        self.grid = grid
        self.spec = dict(channels=out_channels)

    def forward(self, feature: Tensor, view: View) -> DenseEmbedding:
        """Projects a map (B, C, h, w) of a view."""
        cells, valid = self._average(feature), valid_cells(view, feature.shape[2:])
        vector = self.vector(mean_of_valid(feature, valid))
        if valid is None:
            return DenseEmbedding(vector, self.dense(cells), cells)
        counted = valid_cells(view, cells.shape[2:])
        return DenseEmbedding(vector * valid.flatten(1).any(dim=1)[:, None], self.dense(cells), cells, counted)

    def _average(self, feature: Tensor) -> Tensor:
        """Averages a map that has more cells a side than the grid."""
        size = [side if self.grid is None else min(side, self.grid) for side in feature.shape[2:]]
        return feature if list(feature.shape[2:]) == size else F.adaptive_avg_pool2d(feature, (size[0], size[1]))
