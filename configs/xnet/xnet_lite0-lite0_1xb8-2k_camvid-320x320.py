_base_ = ['./_base_/pairs/lite0_lite0.py', './_base_/segmenter.py', '../downstream/_base_/protocols/camvid_seg.py']
model = dict(
    data_preprocessor=dict(_base_.pair.data_preprocessor, size=_base_.crop_size, seg_pad_val=_base_.ignore_index),
    backbone=_base_.pair.backbone,
    neck=_base_.pair.neck,
    decode_head=dict(
        type='mmdecon.PostFeaturePyramidHead',
        in_channels=_base_.pair.channels,
        num_classes=11,
        ignore_index=_base_.ignore_index,
    ),
)
