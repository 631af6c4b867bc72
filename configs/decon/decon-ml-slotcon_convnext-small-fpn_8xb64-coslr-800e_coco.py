_base_ = [
    '../_base_/networks/convnext-tiny_fpn.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/adamw_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    alpha=0.5,
    network=dict(encoder=dict(arch='small'), decoder=dict(fpn=dict(channel_dropout=0.5))),
    branches=dict(enc=dict(_base_.branch, level='c5'), dec=dict(_base_.branch, level=['p2', 'p3', 'p4', 'p5'])),
)
train_cfg = dict(max_epochs=800)
