"""Heads and metrics for mmseg: xNet's Post Feature Pyramid, heads that predict depth, IoU of the foreground."""

from .depth_heads import FPNDepthHead, PostFeaturePyramidDepthHead, UPerDepthHead
from .foreground_iou import ForegroundIoU
from .post_feature_pyramid import PostFeaturePyramidHead

__all__ = ['FPNDepthHead', 'ForegroundIoU', 'PostFeaturePyramidDepthHead', 'PostFeaturePyramidHead', 'UPerDepthHead']
