# What makes CamVid a minute's run of one CPU core: 100 iterations of 8 crops, pictures at 144 x 192. All
# 101 validation pictures count, and their scores are enlarged to the size of the truth.
_base_ = [
    './heads.py',
    '../../../../configs/xnet/_base_/segmenter.py',
    '../../../../configs/downstream/_base_/protocols/camvid_seg.py',
]
size, crop_size = (192, 144), (128, 128)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=size, ratio_range=(0.9, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=size, keep_ratio=True),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
train_cfg = dict(max_iters=100, val_interval=100)
param_scheduler = [dict(type='PolyLR', power=0.9, by_epoch=False, end=100)]
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=100))
model = dict(data_preprocessor=dict(size=crop_size, seg_pad_val=_base_.ignore_index))
target = dict(num_classes=11, ignore_index=_base_.ignore_index)
loss = dict(type='mmseg.CrossEntropyLoss')
heads = dict(
    pyramid=dict(target, type='mmdecon.PostFeaturePyramidHead'),
    fpn=dict(_base_.fpn_head, **target, type='mmseg.FPNHead', loss_decode=loss),
    uper=dict(_base_.uper_head, **target, type='mmseg.UPerHead', loss_decode=loss),
)
