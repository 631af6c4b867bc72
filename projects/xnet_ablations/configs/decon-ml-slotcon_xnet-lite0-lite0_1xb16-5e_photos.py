# DeCon-ML on SlotCon with an xNet of two EfficientNets-lite0, both from the weights of a classifier (see pairs/).
_base_ = './_base_/decon_xnet.py'
lite0 = dict(
    type='mmpretrain.TIMMBackbone',
    model_name='tf_efficientnet_lite0',
    features_only=True,
    init_cfg=dict(type='Pretrained', checkpoint='work_dirs/lite0.pth'),
)
model = dict(
    data_preprocessor=dict(mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]),
    network=dict(
        encoder=dict(encoder=dict(lite0, out_indices=(4,))),
        decoder=dict(xnet=dict(neck=dict(classifier=dict(lite0, out_indices=(1, 2, 3, 4))))),
    ),
)
