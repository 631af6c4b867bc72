"""Adapters that turn mmseg's and mmdet's necks and heads into decoders, and xNet's decoder, a neck."""

from .base import DECODE_HEAD, DENSE_HEAD, NECK, Decoder
from .dense_head import DenseHeadDecoder
from .neck import NeckDecoder
from .seg_head import SegHeadDecoder
from .smp import SMPDecoder
from .xnet import XNet

__all__ = [
    'DECODE_HEAD',
    'DENSE_HEAD',
    'NECK',
    'Decoder',
    'DenseHeadDecoder',
    'NeckDecoder',
    'SegHeadDecoder',
    'SMPDecoder',
    'XNet',
]
