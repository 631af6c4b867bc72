# DeCon-ML on SlotCon with an xNet; a config gives the classifiers of both sides.
_base_ = '../../../bases/configs/slotcon_r18_1xb16-5e_photos.py'
model = dict(
    alpha=0.5,
    network=dict(
        encoder=dict(_delete_=True, type='mmdecon.WithImage'),
        decoder=dict(
            xnet=dict(type='mmdecon.NeckDecoder', inputs=['c0', 'c5'], prefix='d', neck=dict(type='mmdecon.XNet')),
        ),
    ),
    branches=dict(dec=dict(_base_.model.branches.enc, level=['d2', 'd3', 'd4', 'd5'])),
)
