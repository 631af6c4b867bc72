_base_ = [
    '../_base_/networks/r50_fcn512.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    alpha=0.5,
    branches=dict(enc=dict(_base_.branch, level='c5'), dec=dict(_base_.branch, level='out')),
)
train_cfg = dict(max_epochs=800)
