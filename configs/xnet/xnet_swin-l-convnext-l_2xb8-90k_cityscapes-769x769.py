_base_ = [
    './_base_/pairs/swin-l_convnext-l.py',
    './_base_/segmenter.py',
    '../downstream/_base_/protocols/cityscapes_90k.py',
]
model = dict(
    data_preprocessor=dict(_base_.pair.data_preprocessor, size=_base_.crop_size),
    backbone=_base_.pair.backbone,
    neck=_base_.pair.neck,
    decode_head=dict(type='mmdecon.PostFeaturePyramidHead', in_channels=_base_.pair.channels, num_classes=19),
    test_cfg=dict(mode='slide', crop_size=_base_.crop_size, stride=_base_.stride),
)
# Without a published recipe: AdamW, warm-up and polynomial decay as ConvNeXt's segmenters have them.
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=1e-4, weight_decay=0.05),
    paramwise_cfg=dict(custom_keys=_base_.stage_rates),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-6, by_epoch=False, end=1500),
    dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=False, begin=1500, end=90000),
]
