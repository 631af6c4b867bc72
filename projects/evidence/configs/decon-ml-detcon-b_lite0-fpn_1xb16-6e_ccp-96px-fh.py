# The decoder alone, by DetCon-B on Felzenszwalb-Huttenlocher regions.
_base_ = [
    './_base_/lite0_fpn.py',
    '../../../configs/_base_/branches/detcon_b.py',
    './_base_/ccp.py',
    './_base_/adamw.py',
    '../../../configs/_base_/default_runtime.py',
]
narrow = dict(
    head=dict(_base_.branch.head, hidden_channels=512, out_channels=128),
    objective=dict(_base_.branch.objective, hidden_channels=512),
)
model = dict(branches=dict(dec=dict(_base_.branch, level=['p2', 'p3', 'p4', 'p5'], **narrow)))
load, views, pack = _base_.train_dataloader.dataset.pipeline
regions = dict(type='mmdecon.LoadRegions', store='work_dirs/evidence/ccp.regions')
train_dataloader = dict(dataset=dict(pipeline=[load, regions, views, pack]))
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=1), logger=dict(interval=33))
