# Fits mmseg's fpn_r50_* configs, whose stem has three convolutions.
_base_ = [
    '../_base_/networks/r50_fpn_plain_fpnhead.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
alpha = 0.5
model = dict(
    network=dict(encoder=dict(type='mmpretrain.ResNetV1c')),
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha), dec=dict(_base_.branch, level='out', weight=1 - alpha)
    ),
)
train_cfg = dict(max_epochs=800)
