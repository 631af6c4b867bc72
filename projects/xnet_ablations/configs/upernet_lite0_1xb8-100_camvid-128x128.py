# The rival: the same encoder, UPerNet, and about as many parameters as the xNet has.
_base_ = './xnet_lite0-lite0_1xb8-100_camvid-128x128.py'
model = dict(
    backbone=dict(_delete_=True, **_base_.plain),
    neck=None,
    decode_head=dict(
        _delete_=True,
        type='mmseg.UPerHead',
        in_channels=_base_.pair.channels,
        in_index=[0, 1, 2, 3],
        channels=192,
        norm_cfg=dict(type='BN'),
        num_classes=11,
        ignore_index=_base_.ignore_index,
        loss_decode=dict(type='mmseg.CrossEntropyLoss'),
    ),
)
