# Fits mmseg's fpn_r50_* configs, whose stem has three convolutions.
_base_ = [
    '../_base_/networks/r50_fpn_plain_fpnhead.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    alpha=0.5,
    network=dict(encoder=dict(type='mmpretrain.ResNetV1c')),
    branches=dict(enc=dict(_base_.branch, level='c5'), dec=dict(_base_.branch, level='out')),
)
train_cfg = dict(max_epochs=800)
