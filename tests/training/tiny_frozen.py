# The first of two stages in small; its weights are named on the command line.
_base_ = './tiny.py'
model = dict(
    network=dict(freeze_encoder=True, encoder=dict(init_cfg=dict(type='Pretrained', checkpoint='', prefix='backbone'))),
    branches=dict(
        _delete_=True,
        dec_p2=dict(level='p2', weight=0.5, **_base_.branch),
        dec_p4=dict(level='p4', weight=0.5, **_base_.branch),
    ),
)
