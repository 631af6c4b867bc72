"""Adapters that turn mmseg's and mmdet's necks and heads into decoders."""

from .neck import NeckDecoder
from .seg_head import SegHeadDecoder

__all__ = ['NeckDecoder', 'SegHeadDecoder']
