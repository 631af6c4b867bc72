_base_ = ['../_base_/models/fpn_r50.py', '../_base_/protocols/cityscapes_90k.py']
model = dict(
    data_preprocessor=dict(size=_base_.crop_size),
    decode_head=dict(num_classes=19),
    test_cfg=dict(mode='slide', crop_size=_base_.crop_size, stride=_base_.stride),
)
