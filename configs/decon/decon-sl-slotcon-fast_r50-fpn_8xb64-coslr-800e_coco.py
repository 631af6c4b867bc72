_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/slotcon_fast.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
alpha = 0.5
model = dict(
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha),
        dec=dict(_base_.fast_branch, level='p2', weight=1 - alpha),
    ),
)
train_cfg = dict(max_epochs=800)
