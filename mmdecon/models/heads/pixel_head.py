"""A head that predicts something for each pixel.

Shapes: B images, C channels of the level, D channels of the prediction, h x w cells of s x s pixels.
"""

from torch import Tensor, nn

from ...registry import MODELS
from ...views import View
from .base import Head


@MODELS.register_module()
class PixelHead(Head):
    """Predicts D values for each pixel from the cell that it lies in: a linear layer to D * s * s values a cell.

    Differs from the original:
        DDeP's decoder ends at the image's size, and a 1 x 1 convolution predicts. Levels here are coarser, so each
        cell predicts its pixels side by side, as in sub-pixel convolution.

    Args:
        in_channels: C.
        stride: s.
        out_channels: D, as many as the image has.
    """

    needs_stride = True

    def __init__(self, in_channels: int, stride: int, out_channels: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels * stride**2, 1)
        self.to_pixels = nn.PixelShuffle(stride)
        self.spec = dict(channels=out_channels)

    def forward(self, feature: Tensor, view: View) -> Tensor:
        """Maps a level (B, C, h, w) of a view to (B, D, h * s, w * s); the view itself is not looked at."""
        return self.to_pixels(self.conv(feature))
