"""The layout of mmseg: segmenters and depth estimators."""

from ...registry import LAYOUTS
from .counterparts import Counterpart
from .openmmlab import FLAT_STEM, OpenMMLabLayout


@LAYOUTS.register_module('mmseg')
class MMSeg(OpenMMLabLayout):
    """Models of mmseg: ``backbone``, ``neck``, ``decode_head``."""

    library = 'mmseg'
    places = dict(encoder='backbone', neck='neck', decode_head='decode_head')
    classifiers = ('decode_head.conv_seg.',)
    counterparts = {
        'mmpretrain.ResNet': Counterpart('mmseg.ResNet', FLAT_STEM),
        'mmpretrain.ResNetV1c': Counterpart('mmseg.ResNetV1c', FLAT_STEM),
        'mmdet.FPN': Counterpart('mmseg.FPN'),
    }
