# A small DeCon-ML: ResNet-18 and FPN on views of 96 pixels, 118 steps of 8 photos an epoch; narrow projectors.
_base_ = [
    '../../../../configs/_base_/networks/r18.py',
    '../../../../configs/_base_/branches/slotcon_small.py',
    '../../../_base_/photos.py',
    '../../../_base_/adamw_5e.py',
    '../../../../configs/_base_/default_runtime.py',
]
load, views, pack = _base_.train_dataloader.dataset.pipeline
width = 512
branch = dict(
    _base_.branch,
    head=dict(_base_.branch.head, hidden_channels=width, num_slots=64),
    objective=dict(_base_.branch.objective, hidden_channels=width),
)
neck = dict(type='mmseg.FPN', out_channels=128, norm_cfg=dict(type='mmdecon.SyncBN'))
model = dict(
    alpha=0.5,
    network=dict(decoder=dict(fpn=dict(type='mmdecon.NeckDecoder', channel_dropout=0.5, neck=neck))),
    branches=dict(enc=dict(branch, level='c5'), dec=dict(branch, level=['p2', 'p3', 'p4', 'p5'])),
)
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(pipeline=[load, dict(views, size=96), pack]),
)
default_hooks = dict(logger=dict(interval=10), checkpoint=dict(max_keep_ckpts=1))
