"""Heads for mmseg: xNet's Post Feature Pyramid, and heads that predict depth."""

from .depth_heads import FPNDepthHead, PostFeaturePyramidDepthHead, UPerDepthHead
from .post_feature_pyramid import PostFeaturePyramidHead

__all__ = ['FPNDepthHead', 'PostFeaturePyramidDepthHead', 'PostFeaturePyramidHead', 'UPerDepthHead']
