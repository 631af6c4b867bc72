# mmseg's UPerNet, its auxiliary head included.
_base_ = './r50_aux.py'
model = dict(
    decode_head=dict(
        type='UPerHead',
        in_channels=[256, 512, 1024, 2048],
        in_index=[0, 1, 2, 3],
        pool_scales=(1, 2, 3, 6),
        channels=512,
        dropout_ratio=0.1,
        norm_cfg=dict(type='SyncBN'),
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
)
