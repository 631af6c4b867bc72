_base_ = [
    '../../../configs/_base_/networks/r18.py',
    '../../../configs/_base_/branches/slotcon_small.py',
    '../../_base_/photos.py',
    '../../_base_/adamw_5e.py',
    '../../../configs/_base_/default_runtime.py',
]
model = dict(
    branches=dict(
        enc=dict(
            _base_.branch,
            level='c5',
            weight=1.0,
            head=dict(_base_.branch.head, hidden_channels=256, num_slots=32),
            objective=dict(_base_.branch.objective, hidden_channels=256),
        )
    )
)
default_hooks = dict(logger=dict(interval=5), checkpoint=dict(interval=5, max_keep_ckpts=1))
