# ResNet-18 from scratch, unless load_from holds one.
_base_ = ['./_base_/fpn.py', './_base_/ccp.py']
model = dict(
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
    backbone=dict(type='ResNet', depth=18, norm_cfg=_base_.norm),
    neck=dict(in_channels=[64, 128, 256, 512]),
)
