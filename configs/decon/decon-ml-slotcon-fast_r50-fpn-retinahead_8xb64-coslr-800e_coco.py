# Both towers at p3 to p5, as the fast configs do; p6 and p7 have too few cells in views of 224 pixels.
_base_ = [
    '../_base_/networks/r50_fpn_retinahead.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    alpha=0.5,
    branches=dict(
        enc=dict(_base_.branch, level='c5'),
        dec=dict(
            _base_.branch,
            level=['cls3', 'cls4', 'cls5', 'reg3', 'reg4', 'reg5'],
            positions=dict(type='mmdecon.PositionSampler', grid=14),
            head=dict(_base_.branch.head, hidden_channels=1024, num_slots=128),
            objective=dict(_base_.branch.objective, hidden_channels=1024),
        ),
    ),
)
train_cfg = dict(max_epochs=800)
