"""DetCon's head: pools a map under regions and projects the means.

Shapes: B images, C channels of the level, D channels of the projection, M drawn regions, h x w cells, N rows.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ...precision import upcast
from ...registry import MODELS
from ...views import View
from .base import Head
from .mlp import BATCH_NORM, RELU, Config, PointwiseMLP


class RegionEmbedding(NamedTuple):
    """A vector for each region drawn.

    Attributes:
        vectors: (B, M, D), not normalised.
        ids: Which region each is of, (B, M); -1 for none.
    """

    vectors: Tensor
    ids: Tensor


@MODELS.register_module()
class RegionHead(Head):
    """Means of the cells of each region, then a multi-layer perceptron (DetCon, arXiv 2103.10957).

    Needs a branch with a ``sampler`` (:class:`mmdecon.models.RegionSampler`), so that both halves see the same
    regions.

    Args:
        in_channels: Channels of the level.
        hidden_channels: Channels inside the projector.
        out_channels: D.
        num_layers: Layers of the projector.
        min_area: Cells that a sum is divided by at least, > 0. 1 as in the released code, where it only guards regions
            without a cell; with soft pooling it also shrinks the vectors of regions smaller than a cell: set it near 0
            for true means.
        norm_cfg: Norm in the projector.
        act_cfg: Activation in the projector.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int = 4096,
        out_channels: int = 256,
        num_layers: int = 2,
        min_area: float = 1.0,
        norm_cfg: Config = BATCH_NORM,
        act_cfg: Config = RELU,
    ) -> None:
        super().__init__()
        if min_area <= 0:
            raise ValueError(f'RegionHead.min_area is {min_area}: a sum cannot be divided by it; give a number above 0')
        self.min_area = min_area
        self.projector = PointwiseMLP(
            in_channels, hidden_channels, out_channels, num_layers, norm_cfg, act_cfg, last_bias=False
        )
        self.spec = dict(channels=out_channels)

    def forward(self, feature: Tensor, view: View) -> RegionEmbedding:
        """Pools and projects a map (B, C, h, w) of a view with drawn regions.

        Raises:
            ValueError: If no regions were drawn.
        """
        if view.sample is None:
            raise ValueError(
                "RegionHead needs drawn regions: give its branch sampler=dict(type='mmdecon.RegionSampler')"
            )
        pooled = pool(feature, view.sample.shares, self.min_area)
        return RegionEmbedding(self.projector(pooled.flatten(0, 1)).unflatten(0, pooled.shape[:2]), view.sample.ids)


def pool(feature: Tensor, shares: Tensor, min_area: float) -> Tensor:
    """Means of a map under regions.

    Args:
        feature: (B, C, h, w).
        shares: (B, M, h, w), 0..1.
        min_area: Cells that a sum is divided by at least.

    Returns:
        (B, M, C); zeros for a region without a cell.
    """
    with torch.autocast(feature.device.type, enabled=False):
        feature = upcast(feature)
        shares = shares.to(feature)
        sums = torch.einsum('bmhw,bchw->bmc', shares, feature)
        return sums / shares.sum(dim=(2, 3))[..., None].clamp(min=min_area)
