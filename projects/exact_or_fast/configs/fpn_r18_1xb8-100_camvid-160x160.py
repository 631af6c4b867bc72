# What the pre-trained encoder and FPN are worth: 100 iterations of mmseg's FPN on CamVid at half its size. All 101
# validation pictures count, and their scores are enlarged to the size of the truth.
_base_ = [
    '../../../configs/downstream/_base_/models/fpn_r50.py',
    '../../../configs/downstream/_base_/protocols/camvid_seg.py',
]
size, crop, iterations, norm = (240, 180), (160, 160), 100, dict(type='BN')
model = dict(
    data_preprocessor=dict(size=crop, seg_pad_val=_base_.ignore_index),
    backbone=dict(depth=18, norm_cfg=norm),
    neck=dict(in_channels=[64, 128, 256, 512], out_channels=128, norm_cfg=norm),
    decode_head=dict(in_channels=[128, 128, 128, 128], num_classes=11, norm_cfg=norm, ignore_index=_base_.ignore_index),
)
load, annotate, resize, cut, flip, pack = _base_.train_pipeline
train_pipeline = [load, annotate, dict(resize, scale=size), dict(cut, crop_size=crop), flip, pack]
test_pipeline = [load, dict(type='Resize', scale=size, keep_ratio=True), annotate, pack]
train_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
train_cfg = dict(max_iters=iterations, val_interval=iterations)
param_scheduler = [dict(type='PolyLR', power=0.9, by_epoch=False, end=iterations)]
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=iterations))
