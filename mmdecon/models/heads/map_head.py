"""A head that projects every cell of a map by itself.

Shapes: B images, C channels of the level, D channels of the projection, h x w cells of the level, g x g cells at most
of the projection.
"""

import torch.nn.functional as F
from torch import Tensor

from ...registry import MODELS
from ...views import View
from .base import Head
from .mlp import BATCH_NORM, RELU, Config, PointwiseMLP


@MODELS.register_module()
class MapHead(PointwiseMLP, Head):
    """Projects a map cell by cell (PixPro's projector with its defaults). Weights start as torch's own layers do.

    Args:
        in_channels: C.
        hidden_channels: Channels inside.
        out_channels: D.
        num_layers: Layers, >= 1.
        grid: g, most cells a side that the loss sees, >= 1: larger projections are averaged down to it, after every
            cell of the level was projected. None keeps all. Comparing all cells with all costs their number squared.
        norm_cfg: Norm after each hidden layer.
        act_cfg: Activation inside.
        recompute: Whether the backward pass computes norms and activations again; see :class:`PointwiseMLP`.

    Raises:
        ValueError: If ``grid`` is below 1.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int = 4096,
        out_channels: int = 256,
        num_layers: int = 2,
        grid: int | None = None,
        norm_cfg: Config = BATCH_NORM,
        act_cfg: Config = RELU,
        recompute: bool = False,
    ) -> None:
        layout = (in_channels, hidden_channels, out_channels, num_layers, norm_cfg, act_cfg)
        super().__init__(*layout, init_cfg=None, recompute=recompute)
        if grid is not None and grid < 1:
            raise ValueError(
                f'MapHead.grid={grid}: give the most cells a side for the loss, at least 1, or None for all'
            )
        self.grid = grid
        self.spec = dict(channels=out_channels)

    def forward(self, feature: Tensor, view: View) -> Tensor:  # type: ignore[override]  # a head takes the view, too
        """Projects a map (B, C, h, w) of a view to (B, D, min(h, g), min(w, g)); the view itself is not looked at.

        Raises:
            ValueError: If ``grid`` does not divide a larger map, whose cells would then differ in size.
        """
        if self.grid is None:
            return super().forward(feature)
        factors = [max(1, side // self.grid) for side in feature.shape[2:]]
        if any(side > self.grid and side % self.grid for side in feature.shape[2:]):
            raise ValueError(
                f'MapHead.grid={self.grid} does not divide a map of {" x ".join(map(str, feature.shape[2:]))} cells: '
                'give a divisor of its sides, or another size of the views'
            )
        return F.avg_pool2d(super().forward(feature), factors)
