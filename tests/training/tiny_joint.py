# The second of two stages in small, with a branch more.
_base_ = './tiny_frozen.py'
model = dict(
    network=dict(freeze_encoder=False, encoder=dict(init_cfg=None)),
    branches=dict(enc=dict(level='c5', weight=0.5, **_base_.branch)),
)
load_from = 'work_dirs/tiny_frozen/epoch_2.pth'
custom_hooks = [*_base_.custom_hooks, dict(type='mmdecon.NextStage')]
