_base_ = [
    '../_base_/networks/r50.py',
    '../_base_/branches/detcon_b.py',
    '../_base_/datasets/imagenet_fh.py',
    '../_base_/schedules/lars_coslr_detcon.py',
    '../_base_/default_runtime.py',
]
model = dict(
    momentum=dict(start=0.996),
    branches=dict(enc=dict(_base_.branch, level='c5')),
)
train_cfg = dict(max_epochs=1000)
train_dataloader = dict(batch_size=128)
