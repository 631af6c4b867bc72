# DeCon-ML on SlotCon with an xNet of two ResNets, both from scratch.
_base_ = '../../bases/configs/slotcon_r18_1xb16-5e_photos.py'
resnet = dict(type='mmpretrain.ResNet', depth=18, norm_cfg=dict(type='mmdecon.SyncBN'))
model = dict(
    alpha=0.5,
    network=dict(
        encoder=dict(_delete_=True, type='mmdecon.WithImage', encoder=dict(resnet, out_indices=(3,))),
        decoder=dict(
            xnet=dict(
                type='mmdecon.NeckDecoder',
                inputs=['c0', 'c5'],
                prefix='d',
                neck=dict(type='mmdecon.XNet', classifier=dict(resnet, out_indices=(0, 1, 2, 3))),
            ),
        ),
    ),
    branches=dict(
        enc=dict(_base_.model.branches.enc, level='c5'),
        dec=dict(_base_.model.branches.enc, level=['d2', 'd3', 'd4', 'd5']),
    ),
)
