# The encoder by SlotCon, the decoder by regions: a decoder branch then costs a pooling instead of a projected fine map.
_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco_fh.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
regions = dict(
    sampler=dict(type='mmdecon.RegionSampler', num_regions=16),
    head=dict(type='mmdecon.RegionHead', norm_cfg=dict(type='mmdecon.SyncBN')),
    objective=dict(type='mmdecon.DetConObjective', norm_cfg=dict(type='mmdecon.SyncBN')),
)
model = dict(
    alpha=0.5,
    network=dict(decoder=dict(fpn=dict(channel_dropout=0.5))),
    branches=dict(enc=dict(_base_.branch, level='c5'), dec=dict(regions, level=['p2', 'p3', 'p4', 'p5'])),
)
train_cfg = dict(max_epochs=800)
