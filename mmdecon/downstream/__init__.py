"""For mmseg: xNet's Post Feature Pyramid, heads that predict depth, and its metric; folders of annotated images."""

from .depth_heads import FPNDepthHead, PostFeaturePyramidDepthHead, UPerDepthHead
from .depth_metric import DepthMetric
from .post_feature_pyramid import PostFeaturePyramidHead
from .seg_folder import SegFolder

__all__ = [
    'DepthMetric',
    'FPNDepthHead',
    'PostFeaturePyramidDepthHead',
    'PostFeaturePyramidHead',
    'SegFolder',
    'UPerDepthHead',
]
