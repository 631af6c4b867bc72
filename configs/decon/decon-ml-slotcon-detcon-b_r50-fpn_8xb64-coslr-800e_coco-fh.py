# The encoder by SlotCon, the decoder by regions: a decoder branch then costs a pooling instead of a projected fine map.
_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco_fh.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
alpha, levels, channel_dropout = 0.5, ('p2', 'p3', 'p4', 'p5'), 0.5
regions = dict(
    sampler=dict(type='mmdecon.RegionSampler', num_regions=16),
    head=dict(type='mmdecon.RegionHead', norm_cfg=dict(type='mmdecon.SyncBN')),
    objective=dict(type='mmdecon.DetConObjective', norm_cfg=dict(type='mmdecon.SyncBN')),
)
model = dict(
    network=dict(decoder=dict(fpn=dict(channel_dropout=channel_dropout))),
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha),
        **{f'dec_{p}': dict(regions, level=p, weight=(1 - alpha) / len(levels)) for p in levels},
    ),
)
train_cfg = dict(max_epochs=800)
