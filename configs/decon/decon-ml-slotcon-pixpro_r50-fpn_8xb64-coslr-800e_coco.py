# The encoder by SlotCon, the decoder by PixPro.
_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
alpha, levels, channel_dropout, grid = 0.5, ('p2', 'p3', 'p4', 'p5'), 0.5, 14
pixpro = dict(
    head=dict(
        type='mmdecon.MapHead', hidden_channels=4096, out_channels=256, grid=grid, norm_cfg=dict(type='mmdecon.SyncBN')
    ),
    objective=dict(type='mmdecon.PixProObjective'),
)
model = dict(
    network=dict(decoder=dict(fpn=dict(channel_dropout=channel_dropout))),
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha),
        **{f'dec_{p}': dict(pixpro, level=p, weight=(1 - alpha) / len(levels)) for p in levels},
    ),
)
train_cfg = dict(max_epochs=800)
