# a = 0: the loss is the decoder's alone.
_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
levels, channel_dropout = ('p2', 'p3', 'p4', 'p5'), 0.5
model = dict(
    network=dict(decoder=dict(fpn=dict(channel_dropout=channel_dropout))),
    branches={f'dec_{p}': dict(_base_.branch, level=p, weight=1 / len(levels)) for p in levels},
)
train_cfg = dict(max_epochs=800)
