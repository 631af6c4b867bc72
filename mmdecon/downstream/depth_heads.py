"""Heads that predict depth, for mmseg's ``DepthEstimator``.

Shapes: B images, H x W pixels.
"""

from typing import Any

import torch
from mmseg.models.decode_heads import FPNHead, UPerHead
from mmseg.models.utils import resize
from torch import Tensor

from ..registry import MODELS
from .post_feature_pyramid import PostFeaturePyramidHead


class DepthOutput:
    """Mixin that turns a segmentation head of mmseg into a depth head: ``max_depth`` times the sigmoid of one logit.

    Args:
        max_depth: Largest depth in metres.
        **kwargs: Arguments of the head, without ``num_classes``, ``out_channels`` and ``threshold``. ``loss_decode`` is
            by default mmseg's ``SiLogLoss``, which ignores pixels of unknown depth (0).
    """

    align_corners: bool  # of the head
    loss_decode: Any

    def __init__(self, *, max_depth: float, **kwargs: Any) -> None:
        kwargs.setdefault('loss_decode', dict(type='mmseg.SiLogLoss'))
        kwargs.update(num_classes=1, out_channels=1, threshold=0.0)  # the threshold is not used for depth
        super().__init__(**kwargs)
        self.max_depth = max_depth

    def cls_seg(self, feat: Tensor) -> Tensor:
        """Predicts depth in metres from features.

        Args:
            feat: (B, C, h, w).

        Returns:
            (B, 1, h, w).
        """
        logits: Tensor = super().cls_seg(feat)  # type: ignore[misc]  # of the head
        return self.max_depth * logits.sigmoid()

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: list[Any]) -> dict[str, Tensor]:
        """Computes the loss of predicted depth.

        Args:
            seg_logits: Predicted depth in metres, (B, 1, h, w).
            batch_data_samples: Samples with ``gt_depth_map`` (1, H, W) in metres, 0 where unknown.

        Returns:
            Loss name -> scalar.
        """
        truth = torch.stack([sample.gt_depth_map.data for sample in batch_data_samples])
        depth = resize(seg_logits, size=truth.shape[2:], mode='bilinear', align_corners=self.align_corners)
        return {self.loss_decode.loss_name: self.loss_decode(depth, truth)}


@MODELS.register_module()
class PostFeaturePyramidDepthHead(DepthOutput, PostFeaturePyramidHead):
    """xNet's head, predicting depth."""

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: list[Any]) -> dict[str, Tensor]:
        """Computes the loss of predictions that are cropped to the ground truth's size."""
        return super().loss_by_feat(self._cut(seg_logits, batch_data_samples[0].gt_depth_map.shape), batch_data_samples)


@MODELS.register_module()
class FPNDepthHead(DepthOutput, FPNHead):
    """mmseg's FPN head, predicting depth."""


@MODELS.register_module()
class UPerDepthHead(DepthOutput, UPerHead):
    """mmseg's UPerNet head, predicting depth."""
