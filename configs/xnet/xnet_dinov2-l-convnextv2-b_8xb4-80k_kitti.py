_base_ = [
    './_base_/pairs/dinov2-l_convnextv2-b.py',
    '../downstream/_base_/models/depth_estimator.py',
    '../downstream/_base_/protocols/kitti_depth.py',
]
model = dict(
    data_preprocessor=_base_.pair.data_preprocessor,
    backbone=_base_.pair.backbone,
    neck=_base_.pair.neck,
    decode_head=dict(
        type='mmdecon.PostFeaturePyramidDepthHead', in_channels=_base_.pair.channels, max_depth=_base_.max_depth
    ),
)
