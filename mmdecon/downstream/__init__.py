"""For mmseg: xNet's Post Feature Pyramid, heads that predict depth, and its metric."""

from .depth_heads import FPNDepthHead, PostFeaturePyramidDepthHead, UPerDepthHead
from .depth_metric import DepthMetric
from .post_feature_pyramid import PostFeaturePyramidHead

__all__ = [
    'DepthMetric',
    'FPNDepthHead',
    'PostFeaturePyramidDepthHead',
    'PostFeaturePyramidHead',
    'UPerDepthHead',
]
