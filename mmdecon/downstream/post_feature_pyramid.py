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
    """Post Feature Pyramid (arXiv 2503.07637, overview figure): all maps at stride 4, concatenated and classified.

    A :class:`ReShape` upsamples each map to the size of the first one, all maps are concatenated, and the last Re-Shape
    is the classifier with a pixel shuffle to full resolution. There is no other layer. If the height or width of an
    image is not a multiple of the stride, the logits are cropped to the image.

    Differs from the original: the layers inside its Re-Shape modules are not published. Dropout before the classifier
    is mmseg's default; ``dropout_ratio=0`` removes it.

    Args:
        in_channels: Channels of each map.
        feature_strides: Stride of each map in pixels, finest first.
        in_index: Indices of the input maps to use, by default all.
        project: Output channels of the projection in each map's Re-Shape. By default there is no projection where the
            pixel shuffle leaves a whole number of channels.
        map_norm_cfg: Config of a norm layer before each Re-Shape.
        to_pixels: Whether the last Re-Shape upsamples to the image's size. Otherwise logits have the stride of the
            first map and are interpolated, as in mmseg's other heads.
        **kwargs: Arguments of mmseg's ``BaseDecodeHead``: ``num_classes``, ``loss_decode``, ...
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
        """Predicts logits (B, classes, H, W) of the padded image from maps (B, C, h, w)."""
        maps = self._transform_inputs(inputs)
        height, width = maps[0].shape[2:]
        return self.cls_seg(
            torch.cat([reshape(x)[..., :height, :width] for reshape, x in zip(self.reshapes, maps)], dim=1)
        )

    def cls_seg(self, feat: Tensor) -> Tensor:
        """Applies the last Re-Shape: classifier and pixel shuffle."""
        return F.pixel_shuffle(super().cls_seg(feat), self.scale)

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: list[Any]) -> dict[str, Tensor]:
        """Computes mmseg's loss on logits that are cropped to the size of the labels."""
        size = batch_data_samples[0].gt_sem_seg.shape
        return super().loss_by_feat(self._cut(seg_logits, size), batch_data_samples)

    def predict_by_feat(self, seg_logits: Tensor, batch_img_metas: list[dict[str, Any]]) -> Tensor:
        """Runs mmseg's prediction on logits that are cropped to the size of the image."""
        meta = batch_img_metas[0]
        is_window = isinstance(meta['img_shape'], torch.Size)
        size = meta['img_shape'] if is_window else meta.get('pad_shape', meta['img_shape'])
        return super().predict_by_feat(self._cut(seg_logits, size[:2]), batch_img_metas)

    def _cut(self, scores: Tensor, size: tuple[int, ...]) -> Tensor:
        """Crops logits that are larger than ``size`` by less than one cell."""
        over = [have - wanted for have, wanted in zip(scores.shape[2:], size)]
        return scores[..., : size[0], : size[1]] if all(0 <= n < self.scale for n in over) else scores
