# DeCon-ML on SlotCon with an xNet of two ResNets, both from scratch.
_base_ = './_base_/decon_xnet.py'
resnet = dict(type='mmpretrain.ResNet', depth=18, norm_cfg=dict(type='mmdecon.SyncBN'))
model = dict(
    network=dict(
        encoder=dict(encoder=dict(resnet, out_indices=(3,))),
        decoder=dict(xnet=dict(neck=dict(classifier=dict(resnet, out_indices=(0, 1, 2, 3))))),
    ),
)
