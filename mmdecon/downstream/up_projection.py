"""The deconvolution network that evaluates encoders by depth, and its loss.

Shapes: B images, C channels, h x w cells, H x W pixels. Depth is in metres, 0 where it is not known.
"""

from collections.abc import Sequence
from typing import Any

import torch
from mmcv.cnn import ConvModule, build_norm_layer
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor, nn

from ..registry import MODELS
from .depth_heads import DepthOutput


class UpProjection(nn.Module):
    """Doubles the size of a map by a residual pair of deconvolutions (Laina et al., 2016, Fig. 2).

    The 5 x 5 convolution there, of a map with zeros between its cells, is a 5 x 5 deconvolution of stride 2.

    Args:
        in_channels: C.
        out_channels: D.
        norm_cfg: Of the norms.
    """

    def __init__(self, in_channels: int, out_channels: int, norm_cfg: dict[str, Any]) -> None:
        super().__init__()
        self.main, self.side = (_deconvolve(in_channels, out_channels, norm_cfg) for _ in range(2))
        self.last = ConvModule(out_channels, out_channels, 3, padding=1, norm_cfg=norm_cfg, act_cfg=None)

    def forward(self, feature: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, D, 2h, 2w)."""
        joined: Tensor = self.last(self.main(feature).relu()) + self.side(feature)
        return joined.relu()


def _deconvolve(in_channels: int, out_channels: int, norm_cfg: dict[str, Any]) -> nn.Sequential:
    """A deconvolution and its norm, (B, C, h, w) -> (B, D, 2h, 2w)."""
    up = nn.ConvTranspose2d(in_channels, out_channels, 5, stride=2, padding=2, output_padding=1, bias=False)
    return nn.Sequential(up, build_norm_layer(norm_cfg, out_channels)[1])


@MODELS.register_module()
class UpProjectionDepthHead(DepthOutput, BaseDecodeHead):
    """Predicts depth from an encoder's last map by up-projections (Laina et al., 2016): 32 cells become 2.

    Args:
        widths: Channels behind each up-projection; the number of them says how often the map doubles.
        **kwargs: Of :class:`DepthOutput` and mmseg's decode heads; ``channels`` is the last of ``widths``.
    """

    def __init__(self, widths: Sequence[int] = (512, 256, 128, 64), **kwargs: Any) -> None:
        super().__init__(channels=widths[-1], **kwargs)
        start = 2 * widths[0]
        pairs = zip((start, *widths), widths)
        self.reduce = ConvModule(self.in_channels, start, 1, norm_cfg=self.norm_cfg, act_cfg=None)
        self.up = nn.Sequential(*(UpProjection(wide, narrow, self.norm_cfg) for wide, narrow in pairs))

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Predicts depth.

        Args:
            inputs: Maps of the encoder, (B, C, h, w) each; that of ``in_index`` is read.

        Returns:
            (B, 1, 2 ** n h, 2 ** n w) for n widths.
        """
        feature = self._transform_inputs(inputs)
        return self.cls_seg(self.up(self.reduce(feature)))


@MODELS.register_module()
class BerHuLoss(nn.Module):
    """The reverse Huber loss of depth (Laina et al., 2016, Eq. 1): absolute up to c, squared beyond.

    c is a fifth of the batch's largest error. Pixels of unknown depth do not count.

    Args:
        loss_weight: Factor.
        loss_name: In the log; begins with ``loss_`` so that it is summed.
    """

    def __init__(self, loss_weight: float = 1.0, loss_name: str = 'loss_berhu') -> None:
        super().__init__()
        self.loss_weight, self.loss_name = loss_weight, loss_name

    def forward(self, depth: Tensor, truth: Tensor) -> Tensor:
        """Compares predicted depth with the truth.

        Args:
            depth: (B, 1, H, W), metres.
            truth: The same, 0 where unknown.

        Returns:
            A scalar; 0 where no depth is known.
        """
        error = (depth - truth)[truth > 0].abs()
        if error.numel() == 0:
            return depth.sum() * 0
        c = (error.detach().max() / 5).clamp(min=1e-6)
        return self.loss_weight * torch.where(error <= c, error, (error**2 + c**2) / (2 * c)).mean()
