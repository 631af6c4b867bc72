# DeCon-ML on SlotCon with an xNet of two EfficientNets-lite0, both from the weights of a classifier (see pairs/).
_base_ = '../../bases/configs/slotcon_r18_1xb16-5e_photos.py'
lite0 = dict(
    type='mmpretrain.TIMMBackbone',
    model_name='tf_efficientnet_lite0',
    features_only=True,
    init_cfg=dict(type='Pretrained', checkpoint='work_dirs/lite0.pth'),
)
model = dict(
    alpha=0.5,
    data_preprocessor=dict(mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]),
    network=dict(
        encoder=dict(_delete_=True, type='mmdecon.WithImage', encoder=dict(lite0, out_indices=(4,))),
        decoder=dict(
            xnet=dict(
                type='mmdecon.NeckDecoder',
                inputs=['c0', 'c5'],
                prefix='d',
                neck=dict(type='mmdecon.XNet', classifier=dict(lite0, out_indices=(1, 2, 3, 4))),
            ),
        ),
    ),
    branches=dict(
        enc=dict(_base_.model.branches.enc, level='c5'),
        dec=dict(_base_.model.branches.enc, level=['d2', 'd3', 'd4', 'd5']),
    ),
)
