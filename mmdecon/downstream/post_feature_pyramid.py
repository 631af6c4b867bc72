"""xNet's head.

Shapes: B images, C channels, h x w cells, H x W pixels.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor, nn

from ..models.decoders.reshape import ReShape
from ..registry import MODELS


@MODELS.register_module()
class PostFeaturePyramidHead(BaseDecodeHead):
    """Post Feature Pyramid (arXiv 2503.07637, overview figure): every map to stride 4, side by side, and to pixels.

    Each map is enlarged to the size of the first by a :class:`ReShape`, all are concatenated, and the last Re-Shape is
    the classifier with a pixel shuffle. There is no other layer. Scores of an image whose sides are no multiple of the
    stride are cut to it.

    Differs from the original: what the Re-Shape modules hold is not known; dropout in front of the classifier is
    mmseg's habit, ``dropout_ratio=0`` leaves it out.

    Args:
        in_channels: Of each map.
        feature_strides: Of each map, finest first.
        in_index: Which of the maps given, by default all.
        project: Channels that each map's Re-Shape projects to; by default those that a pixel shuffle leaves, without a
            projection wherever that is a whole number.
        map_norm_cfg: Of a norm of each map in front of its Re-Shape.
        to_pixels: Whether the last Re-Shape enlarges to the image's size; otherwise scores have the stride of the first
            map and are interpolated, as mmseg's other heads' are.
        **kwargs: Of mmseg's ``BaseDecodeHead``: ``num_classes``, ``loss_decode``, ...
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        feature_strides: Sequence[int] = (4, 8, 16, 32),
        in_index: Sequence[int] | None = None,
        project: int | None = None,
        map_norm_cfg: dict[str, Any] | None = None,
        to_pixels: bool = True,
        **kwargs: Any,
    ) -> None:
        finest = feature_strides[0]
        reshapes = [
            ReShape(channels, stride // finest, project, map_norm_cfg)
            for channels, stride in zip(in_channels, feature_strides)
        ]
        kwargs.setdefault('loss_decode', dict(type='mmseg.CrossEntropyLoss'))
        super().__init__(
            in_channels=list(in_channels),
            in_index=list(range(len(in_channels)) if in_index is None else in_index),
            channels=sum(one.out_channels for one in reshapes),
            input_transform='multiple_select',
            **kwargs,
        )
        self.reshapes = nn.ModuleList(reshapes)
        self.scale = finest if to_pixels else 1
        self.conv_seg = nn.Conv2d(self.channels, self.out_channels * self.scale**2, 1)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Maps (B, C, h, w) -> scores (B, classes, H, W) of the padded image."""
        maps = self._transform_inputs(inputs)
        height, width = maps[0].shape[2:]
        return self.cls_seg(
            torch.cat([reshape(x)[..., :height, :width] for reshape, x in zip(self.reshapes, maps)], dim=1)
        )

    def cls_seg(self, feat: Tensor) -> Tensor:
        """The last Re-Shape."""
        return F.pixel_shuffle(super().cls_seg(feat), self.scale)

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: list[Any]) -> dict[str, Tensor]:
        """mmseg's, on scores that were cut to the labels' size."""
        size = batch_data_samples[0].gt_sem_seg.shape
        return super().loss_by_feat(self._cut(seg_logits, size), batch_data_samples)

    def predict_by_feat(self, seg_logits: Tensor, batch_img_metas: list[dict[str, Any]]) -> Tensor:
        """mmseg's, on scores that were cut to the image's size."""
        meta = batch_img_metas[0]
        is_window = isinstance(meta['img_shape'], torch.Size)
        size = meta['img_shape'] if is_window else meta.get('pad_shape', meta['img_shape'])
        return super().predict_by_feat(self._cut(seg_logits, size[:2]), batch_img_metas)

    def _cut(self, scores: Tensor, size: tuple[int, ...]) -> Tensor:
        """Cuts off what stands over by less than a cell."""
        over = [have - wanted for have, wanted in zip(scores.shape[2:], size)]
        return scores[..., : size[0], : size[1]] if all(0 <= n < self.scale for n in over) else scores
