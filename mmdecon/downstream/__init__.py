"""Heads, losses and metrics for mmseg: xNet's Post Feature Pyramid, depth, IoU of the foreground."""

from .depth_heads import FPNDepthHead, PostFeaturePyramidDepthHead, UPerDepthHead
from .foreground_iou import ForegroundIoU
from .post_feature_pyramid import PostFeaturePyramidHead
from .up_projection import BerHuLoss, UpProjectionDepthHead

__all__ = [
    'BerHuLoss',
    'FPNDepthHead',
    'ForegroundIoU',
    'PostFeaturePyramidDepthHead',
    'PostFeaturePyramidHead',
    'UPerDepthHead',
    'UpProjectionDepthHead',
]
