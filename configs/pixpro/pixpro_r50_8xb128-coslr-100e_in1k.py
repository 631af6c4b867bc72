_base_ = [
    '../_base_/networks/r50.py',
    '../_base_/branches/pixpro.py',
    '../_base_/datasets/imagenet_pixpro.py',
    '../_base_/schedules/lars_coslr_1024.py',
    '../_base_/default_runtime.py',
]
model = dict(branches=dict(enc=dict(_base_.branch, level='c5')))
train_cfg = dict(max_epochs=100)
