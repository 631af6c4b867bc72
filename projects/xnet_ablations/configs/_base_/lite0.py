# EfficientNet-lite0 in an xNet and in its rivals, which have about as many parameters; a config adds the head.
_base_ = '../../../../configs/xnet/_base_/pairs/lite0_lite0.py'
xnet = dict(
    data_preprocessor=_base_.pair.data_preprocessor,
    backbone=_base_.pair.backbone,
    neck=_base_.pair.neck,
)
upernet = dict(xnet, backbone=_base_.plain, neck=None)
fpn_neck = dict(
    type='mmseg.FPN', in_channels=_base_.pair.channels, out_channels=256, num_outs=4, norm_cfg=dict(type='BN')
)
fpn = dict(upernet, neck=fpn_neck)
