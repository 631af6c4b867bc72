# A plain FPN head in place of the Post Feature Pyramid.
_base_ = './xnet_lite0-lite0_1xb8-100_kitchen-96x128.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='mmdecon.FPNDepthHead',
        in_channels=_base_.pair.channels,
        in_index=[0, 1, 2, 3],
        feature_strides=[4, 8, 16, 32],
        channels=64,
        norm_cfg=dict(type='BN'),
        max_depth=_base_.max_depth,
    )
)
