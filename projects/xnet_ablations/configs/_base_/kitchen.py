# What makes the kitchen a minute's run of one CPU core: 100 iterations of 8 pictures of 96 x 128 pixels. All 18
# validation pictures count, and what is predicted is enlarged to the size of the truth.
_base_ = [
    './heads.py',
    '../../../../configs/downstream/_base_/models/depth_estimator.py',
    '../../../../configs/downstream/_base_/protocols/kitchen_depth.py',
]
size = (128, 96)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mmdecon.LoadDepth'),
    dict(type='Resize', scale=size),
    dict(type='RandomRotate', prob=0.5, degree=2.5, seg_pad_val=0),
    dict(type='RandomFlip', prob=0.5),
    dict(type='mmdecon.RandomGamma', brightness=(0.75, 1.25)),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=size),
    dict(type='mmdecon.LoadDepth'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(lr=1e-3))  # 3e-4, for 600, leaves 100 no better than one depth for all
train_cfg = dict(max_iters=100, val_interval=100)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, end=10),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=10, end=100),
]
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=100))
target = dict(max_depth=_base_.max_depth)
heads = dict(
    pyramid=dict(target, type='mmdecon.PostFeaturePyramidDepthHead'),
    fpn=dict(_base_.fpn_head, **target, type='mmdecon.FPNDepthHead'),
    uper=dict(_base_.uper_head, **target, type='mmdecon.UPerDepthHead'),
)
