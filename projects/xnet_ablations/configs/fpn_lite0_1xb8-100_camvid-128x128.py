# The rival: the same encoder, an FPN, and about as many parameters as the xNet has.
_base_ = './xnet_lite0-lite0_1xb8-100_camvid-128x128.py'
model = dict(
    backbone=dict(_delete_=True, **_base_.plain),
    neck=dict(
        _delete_=True,
        type='mmseg.FPN',
        in_channels=_base_.pair.channels,
        out_channels=256,
        num_outs=4,
        norm_cfg=dict(type='BN'),
    ),
    decode_head=dict(
        _delete_=True,
        type='mmseg.FPNHead',
        in_channels=[256] * 4,
        in_index=[0, 1, 2, 3],
        feature_strides=[4, 8, 16, 32],
        channels=144,
        norm_cfg=dict(type='BN'),
        num_classes=11,
        ignore_index=_base_.ignore_index,
        loss_decode=dict(type='mmseg.CrossEntropyLoss'),
    ),
)
