_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/slotcon_fast.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
alpha, levels, channel_dropout = 0.5, ('p2', 'p3', 'p4', 'p5'), 0.5
model = dict(
    network=dict(decoder=dict(fpn=dict(channel_dropout=channel_dropout))),
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha),
        **{f'dec_{p}': dict(_base_.fast_branch, level=p, weight=(1 - alpha) / len(levels)) for p in levels},
    ),
)
train_cfg = dict(max_epochs=800)
