"""For mmseg: xNet's Post Feature Pyramid; heads, losses and metrics of depth; IoU of the foreground."""

from .depth_heads import FPNDepthHead, PostFeaturePyramidDepthHead, UPerDepthHead
from .depth_metric import DepthMetric
from .foreground_iou import ForegroundIoU
from .post_feature_pyramid import PostFeaturePyramidHead
from .up_projection import BerHuLoss, UpProjectionDepthHead

__all__ = [
    'BerHuLoss',
    'DepthMetric',
    'FPNDepthHead',
    'ForegroundIoU',
    'PostFeaturePyramidDepthHead',
    'PostFeaturePyramidHead',
    'UPerDepthHead',
    'UpProjectionDepthHead',
]
