_base_ = [
    './_base_/pairs/r18_r18.py',
    '../downstream/_base_/models/depth_estimator.py',
    '../downstream/_base_/protocols/kitchen_depth.py',
]
model = dict(
    data_preprocessor=_base_.pair.data_preprocessor,
    backbone=_base_.pair.backbone,
    neck=_base_.pair.neck,
    decode_head=dict(
        type='mmdecon.PostFeaturePyramidDepthHead', in_channels=_base_.pair.channels, max_depth=_base_.max_depth
    ),
)
