"""The layout of mmdet: detectors."""

from ...registry import LAYOUTS
from .base import SAME, Counterpart
from .openmmlab import FLAT_STEM, OpenMMLabLayout

PLAIN = dict(stem_channels=64)  # the default of mmpretrain and mmseg, not of mmdet
V1C = dict(PLAIN, deep_stem=True)


@LAYOUTS.register_module('mmdet')
class MMDet(OpenMMLabLayout):
    """Models of mmdet: ``backbone`` and ``neck``; its heads start anew."""

    library = 'mmdet'
    places = dict(encoder='backbone', neck='neck')
    counterparts = {
        'mmpretrain.ResNet': Counterpart('mmdet.ResNet', FLAT_STEM, PLAIN),
        'mmpretrain.ResNetV1c': Counterpart('mmdet.ResNet', FLAT_STEM, V1C),
        'mmseg.ResNet': Counterpart('mmdet.ResNet', SAME, PLAIN),
        'mmseg.ResNetV1c': Counterpart('mmdet.ResNet', SAME, V1C),
        'mmseg.FPN': Counterpart('mmdet.FPN'),
    }
