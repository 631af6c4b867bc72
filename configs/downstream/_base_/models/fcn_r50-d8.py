# The published FCN for ADE20K, which is mmseg's: stride 8, an auxiliary head.
_base_ = './r50_aux.py'
model = dict(
    backbone=dict(strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)),
    decode_head=dict(
        type='FCNHead',
        in_channels=2048,
        in_index=3,
        channels=512,
        num_convs=2,
        dropout_ratio=0.1,
        norm_cfg=dict(type='SyncBN'),
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
)
