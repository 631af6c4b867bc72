"""An encoder that hands on the image beside its maps, for decoders that look at the image again.

Shapes: B images of I channels, H x W pixels, C channels of a map.
"""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from ..registry import MODELS, build_foreign
from .encoders import channels_first, first_maps, is_channels_last
from .strict_start import StrictStart


@MODELS.register_module()
class WithImage(StrictStart):
    """An encoder whose first map is the image: level c0, of stride 1, before its own.

    A backbone of mmseg as well as an encoder of :class:`Network`. Images are padded for the encoder, at their
    right and lower edge by zeros, to a multiple of ``divisor``; the image that is handed on is not.

    Args:
        encoder: Config of a backbone that returns a tuple of maps. An ``init_cfg`` of type ``Pretrained`` is loaded
            strictly.
        divisor: Of the sides of the images that the encoder is given, in pixels.
        cell: Side in pixels that the encoder sees ``divisor`` pixels at: 28 makes two patches of 14 of every 32 pixels
            (DINOv2). Its maps are then averaged to one cell for every ``divisor`` pixels, whatever their stride was.
            None leaves image and maps as they are.
        probe_size: Side in pixels of the blank image by which the encoder is asked what it gives; by default 64, or 224
            where it refuses that.

    Raises:
        ValueError: If the encoder gives no maps.
    """

    def __init__(
        self, encoder: dict[str, Any], divisor: int = 32, cell: int | None = None, probe_size: int | None = None
    ) -> None:
        super().__init__()
        self.encoder = build_foreign(encoder)
        self.divisor, self.cell = divisor, cell
        side = probe_size if probe_size or cell is None else 2 * cell
        self._channels_last = [is_channels_last(x) for x in first_maps(self.encoder, side)[1]]

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Image (B, I, H, W) -> the same, and the encoder's maps (B, C, h, w)."""
        padded = pad_to(image, *(-(-side // self.divisor) * self.divisor for side in image.shape[2:]))
        grid = [side // self.divisor for side in padded.shape[2:]]
        if self.cell not in (None, self.divisor):
            padded = F.interpolate(padded, size=[n * self.cell for n in grid], mode='bicubic', align_corners=False)
        outputs = self.encoder(padded)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        maps = map(channels_first, outputs, self._channels_last)
        return (image, *(x if self.cell is None else F.adaptive_avg_pool2d(x, (grid[0], grid[1])) for x in maps))


def pad_to(image: Tensor, height: int, width: int) -> Tensor:
    """An image with zeros at its right and lower edge.

    Examples:
        >>> pad_to(Tensor([[[[1.0]]]]), 1, 2).tolist()
        [[[[1.0, 0.0]]]]
    """
    return F.pad(image, (0, width - image.shape[3], 0, height - image.shape[2]))
