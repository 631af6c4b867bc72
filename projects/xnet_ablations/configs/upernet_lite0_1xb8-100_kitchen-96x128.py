# The rival: the same encoder, UPerNet, and about as many parameters as the xNet has.
_base_ = './xnet_lite0-lite0_1xb8-100_kitchen-96x128.py'
model = dict(
    backbone=dict(_delete_=True, **_base_.plain),
    neck=None,
    decode_head=dict(
        _delete_=True,
        type='mmdecon.UPerDepthHead',
        in_channels=_base_.pair.channels,
        in_index=[0, 1, 2, 3],
        channels=192,
        norm_cfg=dict(type='BN'),
        max_depth=_base_.max_depth,
    ),
)
