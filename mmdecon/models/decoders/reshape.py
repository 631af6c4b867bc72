"""Re-Shape: space out of channels.

Shapes: B images, C channels, h x w cells.
"""

from typing import Any

import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from torch import Tensor, nn


class ReShape(nn.Module):
    """A map of few large cells -> one of many small cells: norm, 1x1 projection, pixel shuffle.

    Differs from the original: of xNet's Re-Shape modules only that they enlarge a map is known. Norm and projection are
    ours, and both can be left out.

    Args:
        in_channels: Channels of the map.
        scale: How many times wider and higher the new map is.
        out_channels: Channels of the new map. By default as many as are left over, ``in_channels / scale**2``, without
            a projection; where that is no whole number, the next larger one, with a projection.
        norm_cfg: Config of a norm in front, as mmcv takes it (``dict(type='GN', num_groups=1)``); None for none.

    Examples:
        >>> import torch
        >>> ReShape(32, 4)(torch.empty(1, 32, 2, 3)).shape
        torch.Size([1, 2, 8, 12])
    """

    def __init__(
        self,
        in_channels: int,
        scale: int,
        out_channels: int | None = None,
        norm_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        cells = scale * scale
        is_plain = out_channels is None and in_channels % cells == 0
        self.scale, self.out_channels = scale, out_channels or -(-in_channels // cells)
        self.norm = build_norm_layer(norm_cfg, in_channels)[1] if norm_cfg else nn.Identity()
        self.projection = nn.Identity() if is_plain else nn.Conv2d(in_channels, self.out_channels * cells, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, h, w) -> (B, out_channels, scale * h, scale * w)."""
        return F.pixel_shuffle(self.projection(self.norm(x)), self.scale)
